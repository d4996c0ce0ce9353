#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# floors.sh: checks the include rules, after a test of the check itself: one bad
# include of each kind must be found.
set -u
cd "$(dirname "$0")/.." || exit 1

finds() { # SENTENCE FILE LINE...: a file with these lines is a breach
	sentence=$1 file=$2
	shift 2
	scratch=$(mktemp -d)
	mkdir -p "$scratch/$(dirname "$file")"
	printf '%s\n' "$@" >"$scratch/$file"
	if awk -v root="$scratch" -f tests/floors.awk "$scratch/$file" >/dev/null; then
		echo "not ok - $sentence"
		failed=1
	else
		echo "ok - $sentence"
	fi
	rm -r "$scratch"
}

failed=0
finds 'lib may not include region' lib/x.c '#include "region/config/config.h"'
finds 'region may not include idp' region/config/x.c '#include "idp/protocol.h"'
finds 'plugins may not include lib' plugins/x.c '#include "lib/arena.h"'
finds 'idp may not include sync' idp/web/x.c '#include "sync/plan.h"'
finds 'sync may not include idp' sync/x.c '#include "idp/protocol.h"'
finds 'ctl may not include sync' ctl/x.c '#include "sync/plan.h"'
finds 'oidc may not include saml' idp/oidc/x.c '#include "idp/saml/saml.h"'
finds 'http may not include session' idp/http/x.c '#include "idp/session/request_context.h"'
finds 'lib may not include its own rooms' lib/x.c '#include "lib/conf/conf_syntax.h"'
finds 'configuration may not include policy' region/config/x.c '#include "region/policy/policy_evaluate.h"'
finds 'ldap may not include configuration' region/ldap/x.c '#include "region/config/config.h"'
finds 'oauth may not include oidc' idp/oauth/x.c '#include "idp/oidc/oidc.h"'
finds 'a private header stays in its room' idp/login/x.c '#include "idp/session/session_private.h"'
finds 'a room of region that has no row' region/other/x.c '#include "lib/arena.h"'
finds 'source entries may not use the guard' sync/engine/source/x.c '#include "sync/engine/guard/change_guard.h"'
finds 'the guard may not use the plan' sync/engine/guard/x.c '#include "sync/engine/provision/reconcile_plan.h"'
finds 'a room of sync that has no row' sync/other/x.c '#include "lib/arena.h"'
finds 'only region/ldap may include libldap' idp/login/x.c '#include <ldap.h>'
finds 'only region/redis may include hiredis' idp/session/x.c '#include <hiredis/hiredis.h>'
finds 'only the XML files may include xmlsec' idp/oidc/x.c '#include <xmlsec/xmlsec.h>'
finds 'only idp/jose may include cjose' idp/oidc/x.c '#include <cjose/jws.h>'
finds 'only the crypto files may include openssl' idp/login/x.c '#include <openssl/evp.h>'
finds 'an extern bypasses the include rules' region/config/x.c 'extern int x;'
finds 'an unknown room' kitchen/x.c '#include "lib/arena.h"'

if find lib region plugins idp sync ctl -name '*.[ch]' | xargs awk -f tests/floors.awk; then
	echo 'ok - all includes follow the rules'
else
	echo 'not ok - all includes follow the rules'
	failed=1
fi
exit $failed

# SPDX-License-Identifier: AGPL-3.0-or-later
# floors.awk: the include rules. Three tables: the floors, the rooms inside idp
# and sync, and the files that may include each foreign library. Run over every
# .c and .h by tests/floors.sh; prints file:line of each violation.
BEGIN {
	may["lib"]     = " lib "
	may["region"]  = " lib plugins region "
	may["plugins"] = " plugins "
	may["idp"]     = " lib plugins region idp "
	may["sync"]    = " lib plugins region sync "
	may["ctl"]     = " lib plugins region ctl "

	# The rooms of its own floor that a room may include besides itself.
	# lib's rooms may use lib; region's rooms use one another in this order.
	room["lib"]              = " "
	room["lib/conf"]         = " lib "
	room["lib/process"]      = " lib "
	room["lib/thread"]       = " lib "
	room["region/ldap"]      = " "
	room["region/plugin"]    = " "
	room["region/config"]    = " region/ldap region/plugin "
	room["region/person"]    = " region/config "
	room["region/accepted"]  = " region/config "
	room["region/ipc"]       = " region/config region/accepted "
	room["region/policy"]    = " region/config region/person region/ipc "
	room["region/catalogue"] = " region/ldap region/config region/person "
	room["region/redis"]     = " region/config region/ipc "
	room["region/audit"]     = " region/config region/person region/ipc region/policy "

	# Every room of idp may include idp/protocol.h.
	room["idp/http"]         = " "
	room["idp/jose"]         = " "
	room["idp/signer"]       = " "
	room["idp/ldap_auth"]    = " "
	room["idp/plugin_host"]  = " "
	room["idp/audit"]        = " "
	room["idp/revocation"]   = " "
	room["idp/slapd_sock"]   = " "
	room["idp/admin/command"]  = " "
	room["idp/admin/offboard"] = " idp/admin/command "
	room["idp/admin/reload"] = " idp/admin/command "
	room["idp/admin"]        = " idp/admin/command idp/admin/offboard idp/admin/reload "
	room["idp/session"]      = " idp/http "
	room["idp/logout"]       = " idp/http idp/session "
	room["idp/page"]         = " idp/http idp/session idp/logout "
	room["idp/login"]        = " idp/http idp/session idp/logout idp/page "
	room["idp/saml"]         = " idp/http idp/session idp/logout idp/page "
	room["idp/oauth"]        = " idp/http idp/session idp/page idp/jose "
	room["idp/oidc"]         = " idp/http idp/session idp/logout idp/page idp/jose idp/oauth "
	room["idp/portal"]       = " idp/http idp/session idp/logout idp/page "
	room["idp/web"]          = " idp/http idp/session idp/logout idp/page idp/login idp/saml idp/oauth idp/oidc idp/portal idp/jose "
	room["sync"]             = " "
	room["sync/connector"]   = " sync "
	# engine's rooms: each uses those below it, and the main loop uses all.
	room["sync/engine/state"] = " "
	room["sync/engine/catalogue"] = " sync/engine/state "
	room["sync/engine/source"] = " sync/engine/state sync/engine/catalogue "
	room["sync/engine/target"] = " sync/engine/state sync/engine/catalogue sync/engine/source "
	room["sync/engine/correlation"] = " sync/engine/state sync/engine/catalogue sync/engine/source sync/engine/target "
	room["sync/engine/guard"] = " sync/engine/state sync/engine/catalogue sync/engine/source sync/engine/target sync/engine/correlation sync/engine/groups "
	room["sync/engine/groups"] = " sync/engine/state sync/engine/catalogue sync/engine/source "
	room["sync/engine/feide"] = " sync/engine/state sync/engine/catalogue sync/engine/source sync/engine/groups "
	room["sync/engine/provision"] = " sync/engine/state sync/engine/catalogue sync/engine/source sync/engine/target sync/engine/correlation sync/engine/guard sync/engine/groups sync/engine/feide "
	room["sync/engine/report"] = " sync/engine/state sync/engine/catalogue sync/engine/source sync/engine/target sync/engine/correlation sync/engine/guard sync/engine/groups sync/engine/feide sync/engine/provision "
	room["sync/engine"] = " sync/engine/state sync/engine/catalogue sync/engine/source sync/engine/target sync/engine/correlation sync/engine/guard sync/engine/groups sync/engine/feide sync/engine/provision sync/engine/report "
	room["sync/feide"]       = " sync "

	door["microhttpd.h"]  = " idp/http/server.c "
	door["ldap.h"]        = "region/ldap/"
	door["lber.h"]        = "region/ldap/"
	door["hiredis/"]      = "region/redis/"
	door["libxml/"]       = " lib/xml.c idp/saml/signature_verify.c "
	door["xmlsec/"]       = " idp/saml/signature_verify.c "
	door["oauth2/"]       = "idp/jose/"
	door["cjose/"]        = "idp/jose/"
	door["jansson.h"]     = " lib/json.h "
	door["curl/"]         = " lib/http_client.c "
	door["idn2.h"]        = " sync/engine/source/mail_domain.c "
	door["sqlite3.h"]     = " sync/engine/state/state.c "
	door["zlib.h"]        = " lib/inflate.c "
	door["seccomp.h"]     = " lib/process/syscall_filter.c "
	door["cap-ng.h"]      = " lib/process/capabilities.c "
	door["openssl/"]      = "openssl"
	openssl = " lib/hash.c lib/aead.c lib/random.c region/ldap/directory_tls_cause.c "
}

function folder(path) { sub(/\/[^\/]*$/, "", path); return path }
function breach(what) { printf "%s:%d: %s\n", f, FNR, what; bad = 1 }

# Each library has a list of files, or of path prefixes.
function is_door(file, doors) {
	if (doors == "openssl")
		return index(openssl, " " file " ") || file ~ /^idp\/(signer|jose)\// || file ~ /^region\/audit\//
	return doors ~ /^ / ? index(doors, " " file " ") > 0 : index(file, doors) == 1
}

FNR == 1 {
	f = FILENAME
	sub(/^\.\//, "", f)
	if (root != "") sub("^" root "/", "", f)
	split(f, at, "/")
	floor = at[1]
	if (!(floor in may)) breach("no such folder: " floor)
	here = folder(f)
	if (floor ~ /^(lib|region|sync)$/ && !(here in room))
		breach("no such room: " here)
}

/^#include "/ {
	split($2, q, "\"")
	name = q[2]
	if (name == "ipc_messages.h") name = "region/ipc/" name
	split(name, p, "/")
	if (!index(may[floor], " " p[1] " ") && name !~ /^(messages|pages)\.h$/)
		breach(floor " may not include " name)
	if (name ~ /^(messages|pages)\.h$/ && here !~ /^idp\/(page|login|portal|session|web|oidc|saml|oauth)$/)
		breach(here " may not include generated pages")
	there = folder(name)
	if (here in room && there != here && there ~ /^(lib|region|idp|sync)(\/|$)/ && here ~ "^" p[1] "(/|$)" &&
	    name != "idp/protocol.h" && !index(room[here], " " there " "))
		breach(here " may not include " name)
	if (name ~ /_private\.h$/ && there != here)
		breach(name " is private to " there)
	if (floor == "plugins" && name != "plugins/portvakt-plugin.h")
		breach("a plugin includes portvakt-plugin.h only: " name)
}

/^#include </ {
	name = $2
	gsub(/[<>]/, "", name)
	for (d in door)
		if (index(name, d) == 1 && !is_door(f, door[d]))
			breach(name " may not be included here")
}

/^[ \t]*extern[ \t]/ && f ~ /\.c$/ { breach("extern in a .c file bypasses the include rules") }

END { exit bad }

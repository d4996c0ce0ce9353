#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# credentials.sh FOLDER: gives each role of ours the secrets it needs, and no
# others.  FOLDER is the one of region.conf, such as /etc/portvakt.  Whatever
# region.conf and the .conf files below FOLDER call @NAME is copied from the
# credentials' folder to a folder in it for each role that needs it, which that
# role's user alone may enter.  Run it as root, and again when a secret changes.
set -eu
umask 077

[ $# = 1 ] && [ -f "$1/region.conf" ] || {
	echo "usage: credentials.sh FOLDER, where region.conf is" >&2
	exit 64
}
[ "$(id -u)" = 0 ] || {
	echo "credentials.sh: only root can give files away" >&2
	exit 77
}

# "ROLE NAME" for each secret that a role needs.
needed=$(find "$1" -name '*.conf' -type f -print0 | xargs -0 awk '
	BEGIN {
		roles["reader"] = "web revocation admin slapd-sock"
		roles["writer"] = "provisioner"
		roles["admin"] = "admin"
		roles["feide"] = "feide"
		roles["sessions"] = "web revocation admin slapd-sock"
		roles["directory"] = "ldap-auth connector"
		roles["oidc"] = "web"
	}
	FNR == 1 { depth = 0 }
	{
		sub(/(^|[ \t])#.*/, "")
		gsub(/"/, "")
		gsub(/[{}]/, " & ")
		for (i = 1; i <= NF; i++) {
			if ($i == "{")
				block[++depth] = first
			if ($i == "}")
				depth--
			if (i == 1 || $(i - 1) ~ /^[{}]$/)
				first = $i
			if ($i != "secret" || $(i + 1) !~ /^@/)
				continue
			whose = first == "secret" ? block[depth] : first
			n = split(roles[whose], list, " ")
			for (k = 1; k <= n; k++)
				print list[k], substr($(i + 1), 2)
		}
	}' | sort -u)
[ -n "$needed" ] || {
	echo "credentials.sh: nothing in $1 names a secret" >&2
	exit 65
}

folder=$(awk '$1 == "credentials" { gsub(/"/, "", $2); print $2 }' "$1/region.conf")
cd "${folder:-/etc/portvakt/credentials}"

# What id-crypto reads is named nowhere, for it never changes.
for name in join seal; do
	[ ! -e "$name" ] || needed="$needed
id-crypto $name"
done
[ ! -e seal ] || needed="$needed
feide seal"

# Made where nobody else can reach, and moved when it is whole.
for role in web revocation admin slapd-sock door reader writer feide id-crypto; do
	[ ! -f "$role" ] || {
		echo "credentials.sh: no credential may be called $role, as a role is" >&2
		exit 65
	}
	rm -rf ".$role.new" ".$role.old"
	mkdir ".$role.new"
	for name in $(echo "$needed" | sed -n "s/^$role //p"); do
		cp -- "$name" ".$role.new/$name"
		chmod 600 ".$role.new/$name"
	done
	chown -R "portvakt-$role:" ".$role.new"
	[ ! -e "$role" ] || mv -- "$role" ".$role.old"
	mv -- ".$role.new" "$role"
	rm -rf ".$role.old"
done
# Everybody may pass through, and nobody else list it.
chmod 711 .

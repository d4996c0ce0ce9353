#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# credentials.sh DIRECTORY: gives each process the credentials that it needs and
# no others.  DIRECTORY is that of region.conf, such as /etc/portvakt.  Each
# credential @NAME in region.conf and the .conf files below DIRECTORY is copied
# from the credentials directory to a subdirectory for each process that needs
# it, which only the user of that process can enter.  Run it as root, and again
# when a credential changes.
set -eu
umask 077

[ $# = 1 ] && [ -f "$1/region.conf" ] || {
	echo "usage: credentials.sh DIRECTORY, where region.conf is" >&2
	exit 64
}
[ "$(id -u)" = 0 ] || {
	echo "credentials.sh: must run as root" >&2
	exit 77
}

# "PROCESS NAME" for each credential of a process.
needed=$(find "$1" -name '*.conf' -type f -print0 | xargs -0 awk '
	BEGIN {
		roles["reader"] = "web revocation admin slapd-sock"
		roles["writer"] = "provisioner"
		roles["admin"] = "admin"
		roles["feide"] = "feide"
		roles["session-store"] = "web revocation admin slapd-sock"
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
	echo "credentials.sh: no credential in the configuration of $1" >&2
	exit 65
}

folder=$(awk '$1 == "credentials-directory" { gsub(/"/, "", $2); print $2 }' "$1/region.conf")
cd "${folder:-/etc/portvakt/credentials}"

# The keys of id-crypto are not in the configuration.
for name in join seal; do
	[ ! -e "$name" ] || needed="$needed
id-crypto $name"
done
[ ! -e seal ] || needed="$needed
feide seal"

# Each directory is created under another name and renamed when it is complete.
for role in web revocation admin slapd-sock ldap-auth connector provisioner feide id-crypto; do
	[ ! -f "$role" ] || {
		echo "credentials.sh: a credential cannot have the name of a process: $role" >&2
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
# Other users can pass through the directory, not list it.
chmod 711 .

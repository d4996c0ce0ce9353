#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# A small slapd of its own in the empty folder $1, on ports $2 (ldap) and
# $2 + 1 (ldaps): prints its pid when it answers.  Whoever starts it ends it
# by that pid and removes the folder.
set -eu
dir=$1 port=$2
cd "$dir"
mkdir db
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
    -keyout key.pem -out cert.pem -days 2 -subj /CN=tinn.localhost \
    -addext subjectAltName=DNS:tinn.localhost,DNS:dc.tinn.example,IP:127.0.0.1 2>openssl.log
cat >slapd.conf <<EOF
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload syncprov
moduleload ppolicy
# As a server that takes a bind without a name for an anonymous one.
allow bind_anon_cred
pidfile $dir/slapd.pid
TLSCertificateFile $dir/cert.pem
TLSCertificateKeyFile $dir/key.pem
database mdb
suffix dc=tinn,dc=example
rootdn cn=admin,dc=tinn,dc=example
rootpw passord
directory $dir/db
index objectClass,entryUUID,entryCSN,uid eq
overlay syncprov
syncprov-sessionlog 100
overlay ppolicy
ppolicy_default cn=policy,dc=tinn,dc=example
ppolicy_use_lockout
EOF
{
	echo 'dn: dc=tinn,dc=example'
	echo 'objectClass: dcObject'
	echo 'objectClass: organization'
	echo 'o: Tinn'
	echo
	echo 'dn: cn=policy,dc=tinn,dc=example'
	echo 'objectClass: device'
	echo 'objectClass: pwdPolicy'
	echo 'pwdAttribute: userPassword'
	echo 'pwdLockout: TRUE'
	echo
	for name in kari ola; do
		echo "dn: uid=$name,dc=tinn,dc=example"
		echo 'objectClass: inetOrgPerson'
		echo "cn: $name"
		echo 'sn: Rjukan'
		echo "userPassword: hemmelig-$name"
		echo
	done
	# Passwords with a NUL, which no person can type: "hemmelig\0x" and "\0x".
	for name in midt:aGVtbWVsaWcAeA== foran:AHg=; do
		echo "dn: uid=${name%%:*},dc=tinn,dc=example"
		echo 'objectClass: inetOrgPerson'
		echo "cn: ${name%%:*}"
		echo 'sn: Rjukan'
		echo "userPassword:: ${name#*:}"
		echo
	done
	# One more byte than is sent to a directory.
	echo 'dn: uid=lang,dc=tinn,dc=example'
	echo 'objectClass: inetOrgPerson'
	echo 'cn: lang'
	echo 'sn: Rjukan'
	echo "userPassword: $(printf '%01025d' 0)"
} >tree.ldif
/usr/sbin/slapadd -q -f slapd.conf -l tree.ldif
/usr/sbin/slapd -f slapd.conf -d 0 \
    -h "ldap://127.0.0.1:$port ldaps://127.0.0.1:$((port + 1)) ldapi://$(echo "$dir/ldapi" | sed 's,/,%2f,g')" \
    >slapd.log 2>&1 &
pid=$!
for _ in $(seq 100); do
	ldapsearch -LLL -x -H "ldap://127.0.0.1:$port" -s base -b '' 1.1 \
	    >/dev/null 2>&1 && break
	sleep 0.05
done
echo $pid

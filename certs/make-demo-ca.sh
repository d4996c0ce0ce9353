#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# Makes a throwaway authority and the server certificates of the demo and the
# tests.  Worth nothing outside this machine; never put one of these keys, or
# trust in this authority, anywhere else.
#
#   certs/make-demo-ca.sh FOLDER
#
# Leaves in FOLDER: ca.pem; for each server NAME.pem (certificate), NAME.key
# and NAME.both.pem (both, as haproxy wants it); the SAML service's own
# saml-sp.pem and saml-sp.key.  Keeps what is there while it has a week to live.
set -eu

[ $# -eq 1 ] || { echo 'usage: make-demo-ca.sh FOLDER' >&2; exit 2; }
umask 077
mkdir -p "$1"
cd "$1"

DAYS=90
WEEK=604800
LOCAL='DNS:localhost,IP:127.0.0.1'

# Written last of all: a run that was cut off is begun again.
[ -e made ] && openssl x509 -noout -checkend $WEEK -in ca.pem >/dev/null &&
    exit 0

new_key()
{
	openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 \
	    -out "$1" 2>/dev/null
}

authority()
{
	new_key ca.key
	openssl req -x509 -new -key ca.key -sha256 -days $DAYS -out ca.pem \
	    -subj '/O=Portvakt demo/CN=Throwaway authority' \
	    -addext 'basicConstraints=critical,CA:TRUE,pathlen:0' \
	    -addext 'keyUsage=critical,keyCertSign,cRLSign'
}

# server NAME SUBJECT-ALTERNATIVE-NAMES
server()
{
	new_key "$1.key"
	openssl req -new -key "$1.key" -subj "/O=Portvakt demo/CN=$1" \
	    -out "$1.csr"
	cat > "$1.ext" <<-EXT
		basicConstraints=critical,CA:FALSE
		keyUsage=critical,digitalSignature
		extendedKeyUsage=serverAuth
		subjectAltName=$2,$LOCAL
	EXT
	openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -sha256 \
	    -set_serial "0x$(openssl rand -hex 16)" -days $DAYS \
	    -extfile "$1.ext" -out "$1.pem" 2>/dev/null
	cat "$1.pem" "$1.key" > "$1.both.pem"
	rm -f "$1.csr" "$1.ext"
}

names()
{
	for n in "$@"; do
		printf '%sDNS:%s.portvakt.localhost' "${sep-}" "$n"
		sep=,
	done
	sep=
}

rm -f made
authority
server front "$(names login notodden)"
server services "$(names oidc saml skole)"
for directory in kongsberg notodden tinn region; do
	server "$directory" "$(names "$directory.katalog" "$directory")"
done
# lasso, which mod_auth_mellon stands on, signs with RSA.
openssl req -x509 -newkey rsa:2048 -nodes -sha256 -days $DAYS \
    -subj '/O=Portvakt demo/CN=saml.portvakt.localhost' \
    -keyout saml-sp.key -out saml-sp.pem 2>/dev/null
chmod 644 ./*.pem
chmod 600 ./*.both.pem
: > made

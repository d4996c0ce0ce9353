# SPDX-License-Identifier: AGPL-3.0-or-later
# steps.sh: what portvakt-init, portvakt-backup and portvakt-doctor share. It is
# sourced; $work is a folder of the caller's own.

ETC=/etc/portvakt
STATE=/var/lib/portvakt
MARK=$STATE/initialised
LIBEXEC=/usr/libexec/portvakt
PROGRAMS='idp sync revocation feide admin replica'
UNITS='portvakt.target portvakt-catalogue.service portvakt-redis.service
portvakt-idp.service portvakt-sync.service portvakt-haproxy.service
portvakt-report.timer portvakt-notify.timer'

# ---- what is printed

report()
{
	printf '%-10s %s\n' "$1" "$2"
}

fail()
{
	printf '%s: %s\n' "${0##*/}" "$1" >&2
	exit "${2:-78}"
}

warn()
{
	report warning "$1"
}

# ---- the region on this machine

# The first value of a keyword in region.conf, without quotation marks.
region_value()
{
	awk -v keyword="$1" '$1 == keyword { gsub(/["{]/, "", $2); print $2; exit }' $ETC/region.conf
}

region_base()
{
	awk '$1 == "suffix" { gsub(/"/, "", $2); print $2; exit }' $ETC/ldap/catalogue.conf
}

region_host()
{
	region_value login-url | sed 's#^https://##; s#/.*##'
}

secret_of()
{
	cat "$ETC/credentials/$1"
}

secret_of_program()
{
	case $1 in
	idp) secret_of catalogue-reader ;;
	sync) secret_of catalogue-writer ;;
	*) secret_of "catalogue-$1" ;;
	esac
}

# ---- the catalogue

# Loads an LDIF file into a database in DIRECTORY, which appears when it is
# complete: LDIF DIRECTORY.
load_catalogue()
{
	rm -rf "$2.new"
	install -d -m 700 -o openldap -g openldap "$2.new" /run/portvakt-load
	sed -e "s#^directory.*#directory $2.new#" -e 's#/etc/portvakt/ldap/#/run/portvakt-load/#' \
	    "$ETC/ldap/catalogue.conf" >/run/portvakt-load/load.conf
	cp "$ETC"/ldap/*.schema "$ETC/ldap/rights.conf" /run/portvakt-load
	cp "$1" /run/portvakt-load/load.ldif
	chown -R openldap /run/portvakt-load
	setpriv --reuid openldap --regid openldap --init-groups \
	    slapadd -q -f /run/portvakt-load/load.conf -l /run/portvakt-load/load.ldif >"$work/output" 2>&1 || {
		rm -rf /run/portvakt-load "$2.new"
		cat "$work/output" >&2
		fail 'slapadd did not load the catalogue' 70
	}
	rm -r /run/portvakt-load
	mv -T -- "$2.new" "$2"
}

# ---- start

# Whether there is a certificate that backups are sealed to.
can_seal()
{
	ls $ETC/recovery/*.pem >/dev/null 2>&1
}

step_start()
{
	$LIBEXEC/portvakt-credentials $ETC
	[ -e $MARK ] || {
		date -u +%Y-%m-%dT%H:%M:%SZ >$MARK.new
		chmod 644 $MARK.new
		mv -- $MARK.new $MARK
	}
	# shellcheck disable=SC2086
	systemctl enable --quiet $UNITS
	! can_seal || systemctl enable --now --quiet portvakt-backup.timer
	# shellcheck disable=SC2086
	systemctl start $UNITS || fail 'a service does not start; see: systemctl --failed, journalctl -u NAME' 70
	report good 'the services run'
}

wait_for()
{
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
		if "$@" >"$work/output" 2>&1; then
			return 0
		fi
		sleep 1
	done
	cat "$work/output" >&2
	return 1
}

as_program()
{
	program=$1
	shift
	secret_of_program "$program" >"$work/secret"
	"$@" -x -H ldapi://%2frun%2fslapd-region%2fldapi -D "cn=portvakt-$program,ou=programs,$base" -y "$work/secret"
}

anonymous_can_read()
{
	ldapsearch -x -LLL -H ldapi://%2frun%2fslapd-region%2fldapi -b "$base" -s base dn >/dev/null 2>&1
}

# The value is in no entry, so nothing changes: who may write gets noSuchAttribute
# (16), who may not insufficientAccessRights (50).
idp_can_write()
{
	printf 'dn: ou=people,%s\nchangetype: modify\ndelete: description\ndescription: -\n' "$base" |
	    as_program idp ldapmodify >/dev/null 2>&1
	[ $? = 16 ]
}

# Each program has its rights, and no others.
step_rights()
{
	for program in $PROGRAMS; do
		wait_for as_program "$program" ldapwhoami || fail "cn=portvakt-$program cannot bind to the catalogue" 70
	done
	! anonymous_can_read || fail 'the catalogue answers without a password' 70
	! idp_can_write || fail 'cn=portvakt-idp can write to the catalogue' 70
	report good 'programs bind to the catalogue, and only with their rights'
}

redis_command()
{
	REDISCLI_AUTH=$(secret_of redis) redis-cli --no-auth-warning --user portvakt -s /run/redis-portvakt/redis.sock "$@" 2>&1
}

redis_says()
{
	redis_command "$@" | grep -q "$want"
}

step_session_store()
{
	want=PONG wait_for redis_says PING || fail 'Redis does not answer' 70
	want=maxmemory_policy:noeviction redis_says INFO memory || fail 'Redis removes sessions when it is full: maxmemory-policy is not noeviction' 70
	report good 'Redis answers and keeps its sessions'
}

discovery()
{
	curl -fsSk --max-time 5 --resolve "$host:443:127.0.0.1" "https://$host/.well-known/openid-configuration"
}

step_ready()
{
	wait_for discovery || fail "https://$host does not answer" 70
	report good "https://$host answers"
}

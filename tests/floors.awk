# SPDX-License-Identifier: AGPL-3.0-or-later
# floors.awk: who may include whom.  Three tables: the floors of the house, the
# rooms inside idp and sync, and the one door each foreign library has.
# Run over every .c and .h by tests/floors.sh; prints file:line of each breach.
BEGIN {
	may["lib"]     = " lib "
	may["region"]  = " lib plugins region "
	may["plugins"] = " plugins "
	may["idp"]     = " lib plugins region idp "
	may["sync"]    = " lib plugins region sync "
	may["ctl"]     = " lib plugins region ctl "

	# Inside idp: what a room may include besides itself and idp/front.h.
	room["idp/http"]    = " "
	room["idp/jose"]    = " "
	room["idp/keeper"]  = " "
	room["idp/door"]    = " "
	room["idp/judge"]   = " "
	room["idp/scribe"]  = " "
	room["idp/watch"]   = " "
	room["idp/admin"]   = " "
	room["idp/bind"]    = " "
	room["idp/session"] = " idp/http "
	room["idp/page"]    = " idp/http idp/session "
	room["idp/login"]   = " idp/http idp/session idp/page "
	room["idp/saml"]    = " idp/http idp/session idp/page "
	room["idp/oidc"]    = " idp/http idp/session idp/page idp/jose "
	room["idp/portal"]  = " idp/http idp/session idp/page "
	room["idp/web"]     = " idp/http idp/session idp/page idp/login idp/saml idp/oidc idp/portal idp/jose "
	room["sync/reader"] = " sync "
	room["sync/writer"] = " sync "

	door["microhttpd.h"]  = " idp/http/server.c "
	door["ldap.h"]        = "region/directory"
	door["lber.h"]        = "region/directory"
	door["hiredis/"]      = "region/store"
	door["libxml/"]       = " lib/xml.c idp/saml/sign.c idp/saml/encrypt.c "
	door["xmlsec/"]       = " idp/saml/sign.c idp/saml/encrypt.c "
	door["oauth2/"]       = "idp/jose/"
	door["cjose/"]        = "idp/jose/"
	door["jansson.h"]     = " lib/json.h "
	door["curl/"]         = " lib/fetch.c "
	door["sqlite3.h"]     = " sync/writer/state.c sync/state.c "
	door["zlib.h"]        = " lib/inflate.c "
	door["seccomp.h"]     = "idp/judge/"
	door["openssl/"]      = "openssl"
	openssl = " lib/hash.c lib/seal.c lib/random.c "
}

function folder(path) { sub(/\/[^\/]*$/, "", path); return path }
function breach(what) { printf "%s:%d: %s\n", f, FNR, what; bad = 1 }

# A door is a list of files, or the beginning of their paths.
function is_door(file, doors) {
	if (doors == "openssl")
		return index(openssl, " " file " ") || file ~ /^idp\/(keeper|jose)\// || file ~ /^region\/keys/
	return doors ~ /^ / ? index(doors, " " file " ") > 0 : index(file, doors) == 1
}

FNR == 1 {
	f = FILENAME
	sub(/^\.\//, "", f)
	if (root != "") sub("^" root "/", "", f)
	split(f, at, "/")
	floor = at[1]
	if (!(floor in may)) breach("no such floor: " floor)
	here = folder(f)
}

/^#include "/ {
	split($2, q, "\"")
	name = q[2]
	split(name, p, "/")
	if (!index(may[floor], " " p[1] " ") && name !~ /^(words|pages)\.h$/)
		breach(floor " may not include " name)
	if (name ~ /^(words|pages)\.h$/ && here !~ /^idp\/(page|login|portal|session|web|oidc|saml)$/)
		breach(here " has no business with pages")
	there = folder(name)
	if (here in room && there != here && there ~ /^(idp|sync)\// &&
	    name != "idp/front.h" && !index(room[here], " " there " "))
		breach(here " may not include " name)
	if (floor == "plugins" && name != "plugins/portvakt-plugin.h")
		breach("a plugin includes the contract and nothing else: " name)
}

/^#include </ {
	name = $2
	gsub(/[<>]/, "", name)
	for (d in door)
		if (index(name, d) == 1 && !is_door(f, door[d]))
			breach(name " has one door, and this is not it")
}

/^[ \t]*extern[ \t]/ && f ~ /\.c$/ { breach("extern in a .c file goes round the floors") }

END { exit bad }

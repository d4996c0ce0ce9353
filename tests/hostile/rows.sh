#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# rows.sh: is every test that ROWS.md names there, does it say that sentence,
# and is none of the rows that must have a test left out?
set -u
cd "$(dirname "$0")/../.." || exit 1
failed=0

say() { # FILE-OF-COMPLAINTS SENTENCE
	if [ -s "$1" ]; then
		echo "not ok - $2"
		sed 's/^/    /' "$1" | head -n 20
		failed=1
	else
		echo "ok - $2"
	fi
}

wrong=$(mktemp)
trap 'rm -f "$wrong"' EXIT

sed -n 's/^| \(.*[^ ]\) | \(tests\/[^ ]*\) | \(.*[^ ]\) |$/\1|\2|\3/p' tests/hostile/ROWS.md |
    while IFS='|' read -r row file sentence; do
	[ -f "$file" ] || { echo "$row: there is no $file"; continue; }
	grep -qF -- "$sentence" "$file" || echo "$row: $file does not say: $sentence"
done >"$wrong"
say "$wrong" 'each hostile row names a test that is there'

# O01–O21 stands for all between.
awk -F'|' '/^\| / {
	n = split($2, words, /, */)
	for (i = 1; i <= n; i++) {
		gsub(/ /, "", words[i])
		letter = substr(words[i], 1, 1)
		if (split(words[i], ends, "–") == 2)
			for (k = substr(ends[1], 2) + 0; k <= substr(ends[2], 2) + 0; k++) printf "%s%02d\n", letter, k
		else print substr(words[i], 1, 3)
	}
}' tests/hostile/ROWS.md | sort -u >"$wrong.have"
for row in $(seq -f 'O%02.0f' 1 30) $(seq -f 'M%02.0f' 1 12) $(seq -f 'W%02.0f' 1 57); do
	grep -qx "$row" "$wrong.have" || echo "$row"
done >"$wrong"
rm -f "$wrong.have"
say "$wrong" 'no row of 5.1, M01 to M12 and W01 to W57 is passed over in silence'
exit $failed

#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# rows.sh: is every test that ROWS.md names there, does it say that sentence,
# and is none of the rows of section 7 left out?
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

sed -n 's/^| \(.*[^ ]\) | \(tests\/[^ ]*\) | \(.*[^ ]\) |$/\1|\2|\3/p' tests/sync/ROWS.md |
    while IFS='|' read -r row file sentence; do
	[ -f "$file" ] || { echo "$row: there is no $file"; continue; }
	grep -qF -- "$sentence" "$file" || echo "$row: $file does not say: $sentence"
done >"$wrong"
say "$wrong" 'each hostile row of synchronisation names a test that is there'

for row in $(seq -f 'Y%02.0f' 1 72); do
	grep -q "^| [^|]*$row[^|]*|" tests/sync/ROWS.md || echo "$row"
done >"$wrong"
say "$wrong" 'no row of section 7 is passed over in silence'
exit $failed

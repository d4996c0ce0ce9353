#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# rows.sh TABLE ROW...: checks a table of rows and tests (ROWS.md).  Each row
# must have a description, a test file that exists, and a sentence that the file
# contains.  Each ROW, given as O01 or O01-O30, must be in the table.
set -u
cd "$(dirname "$0")/.." || exit 1
table=$1
shift
failed=0
found=$(mktemp)
trap 'rm -f "$found" "$found.rows"' EXIT

report() { # SENTENCE: passes when $found is empty
	if [ -s "$found" ]; then
		echo "not ok - $1"
		sed 's/^/    /' "$found" | head -n 20
		failed=1
	else
		echo "ok - $1"
	fi
}

# Prints O01, O02 ... for "O01, O05–O08", one a line.
rows_of() {
	awk '{
		n = split($0, lists, /, */)
		for (i = 1; i <= n; i++) {
			gsub(/ /, "", lists[i])
			letter = substr(lists[i], 1, 1)
			if (split(lists[i], ends, /–|-/) == 2)
				for (k = substr(ends[1], 2) + 0; k <= substr(ends[2], 2) + 0; k++) printf "%s%02d\n", letter, k
			else print substr(lists[i], 1, 3)
		}
	}'
}

sed -n 's/^| \(.*[^ ]\) | \(.*\) | \(tests\/[^ ]*\) | \(.*[^ ]\) |$/\1|\2|\3|\4/p' "$table" >"$found.rows"
[ -s "$found.rows" ] || echo "$table has no rows" >"$found"
while IFS='|' read -r row input file sentence; do
	case $input in
	?*\;\ ?*) ;;
	*) echo "$row: no input and required answer" ;;
	esac
	[ -f "$file" ] || { echo "$row: there is no $file"; continue; }
	grep -qF -- "$sentence" "$file" || echo "$row: $file does not contain: $sentence"
done <"$found.rows" >>"$found"
grep '^| .* | tests/' "$table" | grep -v '^| .* | .* | tests/[^ ]* | .* |$' >>"$found"
report "each row of $table has an input, a required answer and a test"

grep '^| ' "$table" | cut -d'|' -f2 | rows_of | sort -u >"$found.rows"
for rows in "$@"; do echo "$rows"; done | rows_of | grep -vxF -f "$found.rows" >"$found"
report "no row of $* is missing in $table"
exit $failed

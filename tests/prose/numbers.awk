#!/usr/bin/awk -f
# SPDX-License-Identifier: AGPL-3.0-or-later
# numbers.awk: prints eleven digits that would be a real national identity
# number: both check digits right and the month not moved up by 80, 65 or 40.
function digit(n, i) { return substr(n, i, 1) + 0 }
function checks(n,    a, b, i, s, t) {
	split("3 7 6 1 8 9 4 5 2", a, " ")
	split("5 4 3 2 7 6 5 4 3 2", b, " ")
	for (i = 1; i <= 9; i++) s += a[i] * digit(n, i)
	for (i = 1; i <= 10; i++) t += b[i] * digit(n, i)
	return (s + digit(n, 10)) % 11 == 0 && (t + digit(n, 11)) % 11 == 0
}
{
	line = $0
	while (match(line, /[0-9]+/)) {
		n = substr(line, RSTART, RLENGTH)
		line = substr(line, RSTART + RLENGTH)
		if (length(n) != 11 || !checks(n)) continue
		month = substr(n, 3, 2) + 0
		day = substr(n, 1, 2) % 40
		if (month >= 1 && month <= 12 && day >= 1 && day <= 31) print n
	}
}

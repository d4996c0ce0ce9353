# SPDX-License-Identifier: AGPL-3.0-or-later
# reasons.awk: formats each reason of region/config/reasons.def with its English text as
# mdoc.  Input: en.po, then reasons.def.
/^msgid "reason-/ { code = substr($2, 9, length($2) - 9); next }
/^msgstr / && code != "" { sub(/^msgstr "/, ""); sub(/"$/, ""); text[code] = $0; code = "" }
/^REASON\(/ {
	split($0, part, /[",) ]+/)
	gsub(/\. /, ".\n", text[part[2]])
	printf ".It Sy %s Pq %s\n%s\n", part[2], part[3], text[part[2]]
}

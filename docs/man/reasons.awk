# SPDX-License-Identifier: AGPL-3.0-or-later
# reasons.awk: every reason of region/config/reasons.def with its English sentence, as
# mdoc.  Run over en.po and then reasons.def.
/^msgid "reason-/ { word = substr($2, 9, length($2) - 9); next }
/^msgstr / && word != "" { sub(/^msgstr "/, ""); sub(/"$/, ""); said[word] = $0; word = "" }
/^REASON\(/ {
	split($0, part, /[",) ]+/)
	gsub(/\. /, ".\n", said[part[2]])
	printf ".It Sy %s Pq %s\n%s\n", part[2], part[3], said[part[2]]
}

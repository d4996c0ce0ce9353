#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# make-assets.sh: the parts of Designsystemet that our pages use, followed by
# our own style, as one stylesheet; with the icons, written as C.
#
#	idp/page/make-assets.sh >build/gen/assets.c
set -eu
here=$(dirname "$0")
ds=$here/designsystemet
LC_ALL=C
export LC_ALL

used='heading paragraph label link button card alert tag list skip-link field
      input validation-message error-summary'

made=$(mktemp -d)
trap 'rm -r "$made"' EXIT

# Light mode, one typeface, and the colours that our pages use; the rest is left
# out.
theme() {
	mawk '
	/^@(layer|media)/ { kept = $0; getline
		drop = /color-scheme="(dark|auto)"|"secondary"|data-color="brand/
		if (!drop) print kept }
	/^@charset/ { next }
	drop { next }
	/--ds-color-brand/ { next }
	{ sub(/^[ \t]+/, ""); if ($0 != "") print }' \
	    "$ds/theme.css"
}

stylesheet() {
	echo '@layer ds.theme, ds.base, ds.components;'
	theme
	echo '@layer ds.base{'
	cat "$ds/base.css"
	echo '}'
	echo '@layer ds.components{'
	for part in $used; do
		cat "$ds/$part.css"
	done
	echo '}'
	grep -v 'SPDX-License-Identifier' "$here/style.css"
}

# NAME FILE SUFFIX TYPE: an array of bytes, and its row.
embed() {
	hash=$(sha256sum "$2" | cut -c1-12)
	echo "static const unsigned char bytes_$1[] = {"
	od -An -v -tx1 "$2" | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g'
	echo '};'
	echo "	{ \"$1-$hash.$3\", \"$4\", bytes_$1, sizeof(bytes_$1) }," >>"$made/rows"
	echo "const char asset_$1[] = \"$1-$hash.$3\";" >>"$made/names"
}

stylesheet >"$made/style.css"
echo '/* Made by idp/page/make-assets.sh. */'
echo '#include "idp/page/assets.h"'
embed style "$made/style.css" css 'text/css; charset=utf-8'
embed icon "$here/icons/portvakt.svg" svg 'image/svg+xml'
cat "$made/names"
echo 'const struct asset assets[] = {'
cat "$made/rows"
echo '};'
echo 'const size_t asset_count = sizeof(assets) / sizeof(assets[0]);'

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * assets.h: the stylesheet and icons, embedded by make-assets.sh.  A name
 * contains the hash of the content, so it is cacheable without limit. */
#ifndef IDP_PAGE_ASSETS_H
#define IDP_PAGE_ASSETS_H

#include <stddef.h>

struct asset {
	const char *name; /* style-1f0c9a7be2.css */
	const char *type;
	const unsigned char *bytes;
	size_t length;
};

extern const struct asset assets[];
extern const size_t asset_count;

/* Names with the hash, for templates. */
extern const char asset_style[];
extern const char asset_icon[];

#endif

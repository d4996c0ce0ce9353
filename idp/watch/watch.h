/* SPDX-License-Identifier: AGPL-3.0-or-later
 * watch.h: the catalogue followed, and who has ended noted in Redis. */
#ifndef IDP_WATCH_WATCH_H
#define IDP_WATCH_WATCH_H

#include "idp/watch/known.h"
#include "region/region.h"
#include "region/store.h"

struct watch {
	struct store *store;
	struct known_table known;
	int64_t looked_at; /* when ends by date were last looked for */
};

/* Follows until the catalogue, Redis or a reload ends it; what was noted
 * stays known.  Always returns false: why says what ended it. */
bool watch_follow(struct watch *w, const struct region *r,
                  struct fault *why) must_check;

#endif

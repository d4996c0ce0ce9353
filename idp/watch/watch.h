/* SPDX-License-Identifier: AGPL-3.0-or-later
 * revocation.h: follows the catalogue and records revocations in Redis. */
#ifndef IDP_WATCH_WATCH_H
#define IDP_WATCH_WATCH_H

#include "idp/watch/known.h"
#include "region/region.h"
#include "region/store.h"

struct watch {
	struct store *store;
	struct known_table known;
	int64_t looked_at; /* when validity dates were last checked */
};

/* Follows the catalogue until an error, a failure to write to Redis or a new
 * configuration ends it; the entry table is kept.  Always returns false, with
 * the cause in err. */
bool watch_follow(struct watch *w, const struct region *r,
                  struct fault *why) must_check;

#endif

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * municipality_purge.h: removes a municipality that has left, on an operator's
 * override (docs/LEAVING.md).  No threshold applies. */
#ifndef SYNC_WRITER_LEFT_H
#define SYNC_WRITER_LEFT_H

#include "lib/json.h"
#include "region/answer.h"
#include "region/region.h"

/* Returns whether the entry with these attributes is to be removed; and whether
 * all of the municipality is: an override exists, the date has come, and no
 * configuration feeds it.  The caller holds the state's lock, as for
 * purge_forget_ids and purge_scrub. */
bool left_is_removed(struct arena *a, const struct region *r,
                     const json_t *form);
bool left_has_gone(struct arena *a, const struct region *r,
                   const struct municipality *m);

/* Marks its people dirty; when none is left, removes its other entries.  On
 * error returns false. */
bool left_go(const struct region *r, struct fault *why) must_check;

/* `forget ID ...` and `scrub`: remove these ids from the change log and
 * recreate the cache.  On error return false. */
bool left_forget(const struct question *q, char **words, struct fault *why);
bool left_scrub(const struct question *q, char **words, struct fault *why);

#endif

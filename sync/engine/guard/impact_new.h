/* SPDX-License-Identifier: AGPL-3.0-or-later
 * impact_new.h: what an entry without an affiliation changes for a person who
 * is known.  The caller holds the lock. */
#ifndef SYNC_ENGINE_GUARD_IMPACT_NEW_H
#define SYNC_ENGINE_GUARD_IMPACT_NEW_H

#include <stdbool.h>

#include "lib/arena.h"
#include "region/config/config.h"
#include "sync/engine/source/classify.h"
#include "sync/engine/source/source_entry.h"

/* Ids of affiliations, or NULL. */
struct impact_new {
	const char *continued; /* that the entry will take over */
	const char *exceeded;  /* the highest in the municipality of the person
	                        * that it joins, if that may do less */
};

struct impact_new impact_new_find(struct arena *a, const struct config *cfg,
                                  const struct source_entry *entry,
                                  const struct classification *s);
/* Returns whether a hold keeps the entry from getting an affiliation.  One that
 * continues an affiliation does so, and the hold keeps the former values. */
bool impact_new_is_held(struct arena *a, const struct config *cfg,
                        const struct source_entry *entry,
                        const struct classification *s);

#endif

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * apply.h: carries out plans, person by person. */
#ifndef SYNC_ENGINE_PROVISION_APPLY_H
#define SYNC_ENGINE_PROVISION_APPLY_H

#include <stdbool.h>

#include "lib/arena.h"
#include "region/config/config.h"

/* Joins an entry to its person.  Returns the id of the person whose affiliation
 * this was before, or NULL.  The caller holds the lock. */
const char *apply_join(struct arena *a, const struct config *cfg,
                       const char *directory, const char *anchor);

/* Processes one batch of dirty rows.  Returns true if there was work.  Takes
 * the lock. */
bool apply_next_batch(const struct config *cfg);
/* Removes people without affiliations.  Returns false if that must be tried
 * again later.  Takes the lock. */
bool apply_remove_orphans(const struct config *cfg);

#endif

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * change_impact.h: the counted effects of a dirty row.  The caller holds the
 * lock. */
#ifndef SYNC_ENGINE_GUARD_CHANGE_IMPACT_H
#define SYNC_ENGINE_GUARD_CHANGE_IMPACT_H

#include <stdbool.h>

#include "region/config/config.h"

/* Assesses some of the dirty rows that were not assessed yet.  Returns false
 * when none is left.  *ret_found: whether any effect is counted. */
bool impact_assess_batch(const struct config *cfg, bool *ret_found);
/* Assesses one entry, also one that is not dirty. */
void impact_assess_entry(const struct config *cfg, const char *directory,
                         const char *anchor);
/* Returns the counted effects of the entry's row (enum hold_mask). */
int impact_mask(const char *directory, const char *anchor);
/* The row was applied: effects that were not held count as applied. */
void impact_record_applied(const char *directory, const char *anchor);

#endif

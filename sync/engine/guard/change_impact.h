/* SPDX-License-Identifier: AGPL-3.0-or-later
 * change_impact.h: the counted effects of a dirty row (enum hold_mask), and
 * which of them are expected, announced or approved.  The caller holds the
 * lock. */
#ifndef SYNC_ENGINE_GUARD_CHANGE_IMPACT_H
#define SYNC_ENGINE_GUARD_CHANGE_IMPACT_H

#include <stdbool.h>

#include "region/config/config.h"

/* Why an effect does not count. */
enum suspect_free {
	SUSPECT_COUNTS = 0,
	SUSPECT_TAKEN_BACK, /* a recent change is undone */
	SUSPECT_ANNOUNCED,  /* by the school year's plan */
	SUSPECT_APPROVED,   /* by an operator */
	SUSPECT_EXPECTED,   /* usual for many: counts only as a share */
};

/* Assesses some of the dirty rows that were not assessed yet.  Returns false
 * when none is left.  *ret_found: whether any effect is counted. */
bool impact_assess_batch(const struct config *cfg, bool *ret_found);
/* Assesses one entry, also one that is not dirty. */
void impact_assess_entry(const struct config *cfg, const char *directory,
                         const char *anchor);
/* Returns the counted effects of the entry's row (enum hold_mask). */
int impact_mask(const char *directory, const char *anchor);
/* Returns whether the effect is counted for the entry. */
bool impact_counts(const char *directory, const char *anchor, int what,
                   const char *detail);
/* Returns "MUNICIPALITY KIND" of which an upward move is counted for the entry,
 * or NULL. */
const char *impact_former_kind(struct arena *a, const char *directory,
                               const char *anchor);
/* The row was applied: effects that were not held count as applied. */
void impact_record_applied(const char *directory, const char *anchor);

#endif

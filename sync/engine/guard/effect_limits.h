/* SPDX-License-Identifier: AGPL-3.0-or-later
 * effect_limits.h: the limits of the counted effects.  The caller holds the
 * lock. */
#ifndef SYNC_ENGINE_GUARD_EFFECT_LIMITS_H
#define SYNC_ENGINE_GUARD_EFFECT_LIMITS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "region/config/config.h"
#include "sync/engine/guard/change_guard.h"

/* One directory being evaluated. */
struct guard_evaluation {
	struct arena *arena;
	const struct config *cfg;
	const struct directory_conf *conf; /* NULL: no longer configured */
	const char *directory;
	bool is_replaced; /* it is another directory */
	bool went_back;   /* it was restored from a backup */
};

/* Adds to the table to_hold every effect of the directory that exceeds a limit,
 * with its reason. */
void effect_limits_evaluate(const struct guard_evaluation *ev);
/* Forgets applied effects that no limit counts any longer. */
void effect_limits_prune(const char *directory);

/* Return whether count effects at once are too many for a directory with total
 * active affiliations; for one scope of total people (a kind: share, a unit:
 * half). */
bool effect_exceeds_source(enum hold_mask what, size_t count, size_t total,
                           int percent);
bool effect_exceeds_kind(size_t count, size_t total, size_t share_percent);
bool effect_exceeds_unit(size_t count, size_t total, size_t share_percent);

#endif

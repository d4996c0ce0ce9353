/* SPDX-License-Identifier: AGPL-3.0-or-later
 * effect_totals.h: how many people a scope has.  The caller holds the lock. */
#ifndef SYNC_ENGINE_GUARD_EFFECT_TOTALS_H
#define SYNC_ENGINE_GUARD_EFFECT_TOTALS_H

#include <stdbool.h>
#include <stddef.h>

#include "sync/engine/guard/effect_limits.h"

/* Return how many active affiliations of the directory there are, at most
 * bound: of a kind ("MUNICIPALITY KIND"), of a unit, in a container, with a
 * role. */
size_t effect_total_in_kind(const struct guard_evaluation *ev, const char *kind,
                            size_t bound);
size_t effect_total_in_unit(const struct guard_evaluation *ev, const char *unit,
                            size_t bound);
size_t effect_total_in_ou(const struct guard_evaluation *ev, const char *ou,
                          size_t bound);
size_t effect_total_with_role(const struct guard_evaluation *ev,
                              const char *role, size_t bound);
/* Returns how many of a municipality became another kind or lost a role within
 * a day, or would: one accident often does both. */
size_t effect_total_of_losers(const struct guard_evaluation *ev,
                              const char *municipality);

/* Returns whether a rule uses the role: it opens something, like a move
 * upwards. */
bool effect_role_is_used(const struct config *cfg, const char *role);

/* Returns when the first present hold of the effect began; 0: there is none. */
int64_t effect_held_since(const char *directory, enum hold_mask what);
/* Returns the number in a column; 0 if there is none. */
int64_t effect_number(const char *text);

#endif

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * change_effects.h: the counted effects of a change of an affiliation, by its
 * attributes before and after, and the memory of them in the catalogue
 * (portvaktRecentChange: time, effect, detail), which survives a lost cache. */
#ifndef SYNC_ENGINE_GUARD_CHANGE_EFFECTS_H
#define SYNC_ENGINE_GUARD_CHANGE_EFFECTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/json.h"
#include "sync/engine/guard/change_guard.h"

struct change_effect {
	enum hold_mask what; /* HOLD_NOTHING: only remembered */
	const char *detail;  /* the role, attribute, kind or end */
	const char *record;  /* what portvaktRecentChange keeps of it */
	const char *undoes;  /* the record that it takes back, or NULL; "": a
	                      * part of one */
};

/* Returns the effects of an active affiliation that stays active, allocated in
 * a.  Nothing is queried. */
const struct change_effect *change_effects_find(struct arena *a,
                                                const json_t *before,
                                                const json_t *after,
                                                size_t *ret_count);
/* Returns the effect of becoming active again. */
struct change_effect change_effect_return(struct arena *a, const json_t *before,
                                          const json_t *after);
/* Returns the effect of a first day that a suspended affiliation gets: it
 * counts as the return when it is set; HOLD_NOTHING if it had one. */
struct change_effect change_effect_start(struct arena *a, const json_t *before,
                                         const json_t *after);
/* Returns whether the effect changes kind or roles. */
bool change_effect_is_standing(const struct change_effect *effect);
/* Returns whether the effect counts where the affiliation is suspended before
 * or after: what it gets; of one that waits for its first day also what it
 * loses. */
bool change_effect_counts_suspended(const json_t *before,
                                    const struct change_effect *effect);
/* Returns whether it became active again lately, so that a deactivation takes
 * that back. */
bool change_effects_has_returned(struct arena *a, const json_t *attrs);
/* Returns whether the last day of the employment or account has passed. */
bool change_effects_has_ended(const json_t *attrs);
/* Returns what the kind may do in general: more is higher; NULL: the least. */
int change_effects_rank(const char *kind);
/* Returns "MUNICIPALITY KIND" of an affiliation, allocated in a. */
const char *change_effects_kind(struct arena *a, const json_t *attrs);

/* Adds an effect to portvaktRecentChange, or takes back what it undoes, and
 * drops what is older than 30 days. */
void recent_change_record(struct arena *a, json_t *attrs,
                          const struct change_effect *effect);

/* A value of portvaktRecentChange. */
struct recent_change {
	enum hold_mask what;
	const char *detail;
	const char *kind; /* "MUNICIPALITY KIND" before the change */
	int64_t when;
};
/* Parses a value of an affiliation with these attributes.  Returns false if it
 * is older than 30 days or not known. */
bool recent_change_parse(struct arena *a, const json_t *attrs,
                         const char *value, struct recent_change *ret_change);

#endif

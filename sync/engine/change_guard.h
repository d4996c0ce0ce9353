/* SPDX-License-Identifier: AGPL-3.0-or-later
 * change_guard.h: holds changes that look like an accident until an operator
 * approves them; all other changes go on (docs/decisions/0009).
 *
 *	change_impact           the counted effects of a dirty row
 *	change_guard            counts and holds
 *	deactivation_threshold  how many may be deactivated
 *	source_identity_check   is it still the same directory?
 *	approvals               operators' approvals of held changes */
#ifndef SYNC_ENGINE_CHANGE_GUARD_H
#define SYNC_ENGINE_CHANGE_GUARD_H

#include "sync/engine/engine.h"

/* The counted effects, and what a hold prevents. */
enum hold_mask {
	HOLD_DEACTIVATE = 1,    /* deactivation */
	HOLD_VALUE_LOSS = 2,    /* loss of attribute values */
	HOLD_ROLE_GRANT = 4,    /* further roles */
	HOLD_CREATE = 8,        /* creation of a person or affiliation */
	HOLD_CONFIG_CHANGE = 16 /* any change by a new configuration */
};

/* The caller of all functions below holds the state's lock. */

/* ---- change_impact */

/* Assesses some of the dirty rows that were not assessed yet.  Returns false
 * when none is left.  *ret_found: whether any effect is counted. */
bool impact_assess_batch(const struct config *cfg, bool *ret_found);
/* Returns the counted effects of the entry's row (enum hold_mask). */
int impact_mask(const char *directory, const char *anchor);
/* The row was applied: effects that were not held count as applied. */
void impact_record_applied(const char *directory, const char *anchor);

/* ---- change_guard */

/* Affiliation attributes whose loss is counted; NULL-terminated. */
extern const char *const guard_counted_attributes[];

/* Evaluates all counted effects and replaces the holds.  Adds to waiting the
 * keys of rows whose source is still sending. */
void guard_evaluate(const struct config *cfg, json_t *waiting);
/* Returns what is held for the entry (enum hold_mask). */
int guard_held_mask(const char *directory, const char *anchor);
/* Schedules the next evaluation immediately. */
void guard_schedule(void);
bool guard_is_due(void);
/* Return whether count changes at once are too many for a directory with total
 * active affiliations. */
bool guard_too_many_value_losses(size_t count, size_t total);
bool guard_too_many_role_grants(size_t count, size_t total);
bool guard_too_many_creations(size_t count, size_t total, int percent);
bool guard_too_many_config_changes(size_t count, size_t total);
/* Returns whether the directory's oldest catalogue entry is less than a day
 * old, or it has none. */
bool guard_is_first_day(const char *directory);

/* ---- deactivation_threshold */

enum { THRESHOLD_DAY = 24 * 60 * 60, THRESHOLD_WEEK = 7 * THRESHOLD_DAY };

/* Returns whether this many deactivations at once are too many. */
bool threshold_is_exceeded(size_t deactivations, size_t total, int percent);
/* The same for a day or a week. */
bool threshold_budget_is_exceeded(size_t deactivations, size_t total,
                                  int percent);
/* Returns why deactivations are held now: "brake" (too many at once), "budget"
 * (day or week), or NULL. */
const char *threshold_reason(const char *directory, size_t deactivations,
                             int percent);
/* Return how many were deactivated within the last seconds, and how many may
 * be. */
size_t threshold_deactivations_since(const char *directory, int64_t seconds);
size_t threshold_deactivations_allowed(const char *directory, int64_t seconds,
                                       int percent);
int threshold_percent(const struct config *cfg, const char *directory);
/* Record that an affiliation was deactivated, or is active again. */
void threshold_record_deactivation(const char *directory, const char *anchor);
void threshold_forget_deactivation(const char *directory, const char *anchor);
/* Returns whether the last day moved earlier and is less than a day away, which
 * was not announced.  before, after: attributes of an affiliation. */
bool threshold_is_unannounced_end(const json_t *before, const json_t *after);
/* Restores the recent deactivations from the catalogue after the cache was
 * recreated. */
void threshold_restore(void);

/* ---- source_identity_check */

/* Returns whether this is another directory than the one its people came
 * from. */
bool source_identity_has_changed(const char *directory);
/* Returns whether the configured canary entry is missing. */
bool source_canary_is_missing(const struct directory_conf *d);
/* Returns the directory's present identifier, allocated in a, or NULL. */
char *source_identity_current(struct arena *a, const char *directory);

/* ---- approvals */

/* Loads the approvals from the overrides. */
void approvals_load(void);
/* Returns whether this change of the entry is approved and the approval is
 * unused: the entry was not written as active since. */
bool approvals_is_allowed(const char *type, const char *directory,
                          const char *anchor);

#endif

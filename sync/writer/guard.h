/* SPDX-License-Identifier: AGPL-3.0-or-later
 * change_guard.h: holds changes that look like an accident until an operator
 * approves them; all other changes go on (docs/decisions/0009).
 *
 *	change_impact           the counted effects of a dirty row
 *	change_guard            counts and holds
 *	deactivation_threshold  how many may be deactivated
 *	source_identity_check   is it still the same directory?
 *	approvals               operators' approvals of held changes */
#ifndef SYNC_WRITER_GUARD_H
#define SYNC_WRITER_GUARD_H

#include "sync/writer/writer.h"

/* The counted effects, and what a hold prevents. */
enum hold {
	HOLD_LEAVING = 1,       /* deactivation */
	HOLD_VALUES = 2,        /* loss of attribute values */
	HOLD_ROLES = 4,         /* further roles */
	HOLD_NEWCOMER = 8,      /* creation of a person or affiliation */
	HOLD_CONFIGURATION = 16 /* any change by a new configuration */
};

/* The caller of all functions below holds the state's lock. */

/* ---- change_impact */

/* Assesses some of the dirty rows that were not assessed yet.  Returns false
 * when none is left.  *ret_found: whether any effect is counted. */
bool suspect_some(const struct region *r, bool *ret_found);
/* Returns the counted effects of the entry's row (enum hold_mask). */
int suspect_of(const char *directory, const char *anchor);
/* The row was applied: effects that were not held count as applied. */
void suspect_passed(const char *directory, const char *anchor);

/* ---- change_guard */

/* Affiliation attributes whose loss is counted; NULL-terminated. */
extern const char *const guard_important[];

/* Evaluates all counted effects and replaces the holds.  Adds to waiting the
 * keys of rows whose source is still sending. */
void guard_look(const struct region *r, json_t *waiting);
/* Returns what is held for the entry (enum hold_mask). */
int guard_holds(const char *directory, const char *anchor);
/* Schedules the next evaluation immediately. */
void guard_soon(void);
bool guard_is_due(void);
/* Return whether count changes at once are too many for a directory with total
 * active affiliations. */
bool guard_too_many_values(size_t count, size_t total);
bool guard_too_many_roles(size_t count, size_t total);
bool guard_too_many_new(size_t count, size_t total, int percent);
bool guard_too_many_configured(size_t count, size_t total);
/* Returns whether the directory's oldest catalogue entry is less than a day
 * old, or it has none. */
bool guard_is_first_day(const char *directory);

/* ---- deactivation_threshold */

enum { BRAKE_DAY = 24 * 60 * 60, BRAKE_WEEK = 7 * BRAKE_DAY };

/* Returns whether this many deactivations at once are too many. */
bool brake_holds(size_t leaving, size_t total, int percent);
/* The same for a day or a week. */
bool brake_exhausted(size_t leaving, size_t total, int percent);
/* Returns why deactivations are held now: "brake" (too many at once), "budget"
 * (day or week), or NULL. */
const char *brake_reason(const char *directory, size_t leaving, int percent);
/* Return how many were deactivated within the last seconds, and how many may
 * be. */
size_t brake_left(const char *directory, int64_t seconds);
size_t brake_most(const char *directory, int64_t seconds, int percent);
int brake_percent_of(const struct region *r, const char *directory);
/* Record that an affiliation was deactivated, or is active again. */
void brake_note_leaver(const char *directory, const char *anchor);
void brake_forget(const char *directory, const char *anchor);
/* Returns whether the last day moved earlier and is less than a day away, which
 * was not announced.  before, after: attributes of an affiliation. */
bool brake_ends_early(const json_t *before, const json_t *after);
/* Restores the recent deactivations from the catalogue after the cache was
 * recreated. */
void brake_remember(void);

/* ---- source_identity_check */

/* Returns whether this is another directory than the one its people came
 * from. */
bool source_is_strange(const char *directory);
/* Returns whether the configured canary entry is missing. */
bool source_is_silent(const struct directory_conf *d);
/* Returns the directory's present identifier, allocated in a, or NULL. */
char *source_says(struct arena *a, const char *directory);

/* ---- approvals */

/* Loads the approvals from the overrides. */
void allow_read(void);
/* Returns whether this change of the entry is approved and the approval is
 * unused: the entry was not written as active since. */
bool allow_is(const char *word, const char *directory, const char *anchor);

#endif

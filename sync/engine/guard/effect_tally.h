/* SPDX-License-Identifier: AGPL-3.0-or-later
 * effect_tally.h: counts the changes of one effect in a directory, those that
 * wait and those applied lately, by scope.  The caller holds the lock. */
#ifndef SYNC_ENGINE_GUARD_EFFECT_TALLY_H
#define SYNC_ENGINE_GUARD_EFFECT_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/json.h"
#include "sync/engine/guard/effect_limits.h"

enum effect_flags {
	BY_DETAIL = 1,   /* each role or attribute alone */
	LEAVES = 2,      /* those counted are no longer in their kind */
	ENTERS = 4,      /* those that wait are not in it yet */
	SOURCE_ONLY = 8, /* no scope below the source */
	HALF = 16,       /* half of the source, and more than two, are too many
	                  */
	ALWAYS = 32,     /* held, however few */
};

/* The limits of the source are the upper bounds of the others. */
struct effect_limit {
	enum hold_mask what;
	const char *reason;
	size_t limit; /* offset in struct directory_limits */
	int64_t window;
	size_t minimum;
	int percent;
	int flags;
};

enum effect_scope {
	SCOPE_SOURCE,
	SCOPE_MUNICIPALITY,
	SCOPE_EXPECTED, /* a municipality, with what is usual for many */
	SCOPE_KIND,
	SCOPE_UNIT,
	SCOPE_OU,
	SCOPES
};

/* Which of the waiting changes are decided, and what counts for them. */
enum effect_group {
	GROUP_HELD, /* all: what is held must not release itself */
	GROUP_NEW,  /* what is held for long is no part of today's accident */
	GROUP_BACK, /* taken back: what is not held */
};

/* The counts of one effect, by scope: "DETAIL\nVALUE" -> number. */
struct effect_tally {
	const struct guard_evaluation *ev;
	const struct effect_limit *effect;
	char ***rows; /* those that wait, see effect_row_scopes() */
	size_t count;
	json_t *waiting[SCOPES], *applied[SCOPES];
	json_t *back[SCOPES];     /* that take a recent change back */
	json_t *exceeded[SCOPES]; /* for the caller */
	char *now, *horizon;      /* of last days that count together */
};

/* Returns the tally with all rows that wait, allocated in ev->arena. */
struct effect_tally effect_tally_load(const struct guard_evaluation *ev,
                                      const struct effect_limit *effect);
/* Counts anew, for the decision on the rows of a group. */
void effect_tally_count(struct effect_tally *t, enum effect_group group);

const char *effect_row_anchor(char **row);
const char *effect_row_detail(char **row);
/* Sets the values of a row by scope; NULL: it has none. */
void effect_row_scopes(struct arena *a, char **row, const char *values[SCOPES]);
enum effect_group effect_row_group(char **row);
bool effect_row_is_back(char **row);

struct scope_count {
	const char *detail, *value;
	size_t waiting, applied;
	bool counts_taken_back; /* waiting includes those taken back; otherwise
	                         * they are free */
};
/* Returns what counts in one scope, and its key in the objects above. */
struct scope_count effect_tally_scope(const struct effect_tally *t,
                                      enum effect_scope scope,
                                      const char *detail, const char *value,
                                      const char **ret_key);

#endif

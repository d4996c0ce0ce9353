/* SPDX-License-Identifier: AGPL-3.0-or-later
 * guard.h: what looks like an accident is held until somebody has looked; all
 * else goes on (docs/decisions/0009).
 *
 *	suspect   what a dirty row would do that has to be counted
 *	guard     counts, and holds
 *	brake     how many may leave
 *	source    is it still the same directory?
 *	allow     what people said may be done all the same */
#ifndef SYNC_WRITER_GUARD_H
#define SYNC_WRITER_GUARD_H

#include "sync/writer/writer.h"

/* What is counted, and what a hold keeps from being done. */
enum hold {
	HOLD_LEAVING = 1,       /* it may not stop being active */
	HOLD_VALUES = 2,        /* it keeps the values it would lose */
	HOLD_ROLES = 4,         /* it is given no further role */
	HOLD_NEWCOMER = 8,      /* nobody is made of it */
	HOLD_CONFIGURATION = 16 /* it stays as it is */
};

/* All below with the state's lock held. */

/* ---- suspect */

/* Looks at what is dirty and was not looked at, some of it; false when nothing
 * is left.  ret_found: whether any of it has to be counted. */
bool suspect_some(const struct region *r, bool *ret_found);
/* What the entry would do that is counted: of enum hold. */
int suspect_of(const char *directory, const char *anchor);
/* It was done: what was not held is remembered as having passed. */
void suspect_passed(const char *directory, const char *anchor);

/* ---- guard */

/* The attributes of an affiliation that nobody loses without a reason;
 * NULL-terminated. */
extern const char *const guard_important[];

/* Looks at all that is to be counted; what may not be done now is held
 * afterwards, what should wait a moment in waiting, a set of names. */
void guard_look(const struct region *r, json_t *waiting);
/* What may not be done to the entry: of enum hold. */
int guard_holds(const char *directory, const char *anchor);
/* Those who are held are to be looked at soon. */
void guard_soon(void);
bool guard_is_due(void);
/* How many of a directory's people may lose a value, be given one role, come
 * anew or be changed by a new configuration at once, of total? */
bool guard_too_many_values(size_t count, size_t total);
bool guard_too_many_roles(size_t count, size_t total);
bool guard_too_many_new(size_t count, size_t total, int percent);
bool guard_too_many_configured(size_t count, size_t total);
/* Nobody of the directory has been in the catalogue for a day. */
bool guard_is_first_day(const char *directory);

/* ---- brake */

enum { BRAKE_DAY = 24 * 60 * 60, BRAKE_WEEK = 7 * BRAKE_DAY };

/* How many may leave at once, and do more? */
bool brake_holds(size_t leaving, size_t total, int percent);
/* The same within a day or a week. */
bool brake_exhausted(size_t leaving, size_t total, int percent);
/* Why those who would leave now may not: "brake", "budget", or NULL. */
const char *brake_reason(const char *directory, size_t leaving, int percent);
/* How many left within the last seconds, and how many may. */
size_t brake_left(const char *directory, int64_t seconds);
size_t brake_most(const char *directory, int64_t seconds, int percent);
int brake_percent_of(const struct region *r, const char *directory);
/* Somebody was active and is not any more; is there again. */
void brake_note_leaver(const char *directory, const char *anchor);
void brake_forget(const char *directory, const char *anchor);
/* Whether the last day came nearer and is less than a day away: nobody has
 * announced that.  Of an affiliation's forms. */
bool brake_ends_early(const json_t *before, const json_t *after);
/* A new cache learns from the catalogue who left lately. */
void brake_remember(void);

/* ---- source */

/* Whether the directory is another than the one its people are known from. */
bool source_is_strange(const char *directory);
/* Whether its canary is not there. */
bool source_is_silent(const struct directory_conf *d);
/* What it calls itself now; NULL: it does not say. */
char *source_says(struct arena *a, const char *directory);

/* ---- allow */

/* Takes what people decided out of the decisions anew. */
void allow_read(void);
/* Whether the word was said of it, and it was not written as active since. */
bool allow_is(const char *word, const char *directory, const char *anchor);

#endif

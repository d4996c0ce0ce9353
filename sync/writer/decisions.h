/* SPDX-License-Identifier: AGPL-3.0-or-later
 * decisions.h: what people decided and sync obeys (docs/decisions/0005); of
 * each only as long as it is in force. */
#ifndef SYNC_WRITER_DECISIONS_H
#define SYNC_WRITER_DECISIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/fault.h"
#include "region/region.h"

struct decision {
	const char *id, *decides, *by, *reason;
	const char *hash;      /* NULL: not said */
	const char **subjects; /* as they came; NULL-terminated */
	size_t count;
	int64_t from, until; /* 0: not said */
};

/* Reads ou=decisions; everybody of whom a decision is new, changed or gone is
 * dirty afterwards.  False, and nothing is changed: it could not be read. */
bool decisions_read(const struct region *r, struct fault *why) must_check;

/* Asks for a reading soon; and whether somebody did, since the last asking. */
void decisions_want(void);
bool decisions_are_wanted(void);

/* The decision that counts for a subject among these kinds ("join", or "join
 * new out"), living in a: the latest, then the one with the greatest id.  NULL
 * where there is none.  With the state's lock held, as all below. */
const struct decision *decision_of(struct arena *a, const char *decides,
                                   const char *subject);
/* All of these kinds, of this subject or, where that is NULL, of any; oldest
 * first. */
const struct decision *decisions_of(struct arena *a, const char *decides,
                                    const char *subject, size_t *ret_count);

/* The first subject that is no entry of a directory: the person of a join or
 * a part, the directory of a release. */
const char *decision_person(const struct decision *d);

/* An entry of a directory as decisions name it. */
char *decision_subject(struct arena *a, const char *directory,
                       const char *anchor);

#endif

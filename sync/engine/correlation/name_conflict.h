/* SPDX-License-Identifier: AGPL-3.0-or-later
 * name_conflict.h: a login name and a mail address belong to one person of a
 * directory and of a municipality, also for a time after they were given up.
 * The caller holds the lock. */
#ifndef SYNC_ENGINE_CORRELATION_NAME_CONFLICT_H
#define SYNC_ENGINE_CORRELATION_NAME_CONFLICT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/json.h"
#include "region/config/config.h"
#include "sync/engine/catalogue/released_names.h"
#include "sync/engine/source/classify.h"
#include "sync/engine/source/source_entry.h"

/* An entry with the names that it would get. */
struct name_claim {
	struct arena *arena;
	const struct config *cfg;
	const struct source_entry *entry;
	const struct classification *classification;
	const char *person; /* of its affiliation, or to be; NULL: a new one */
	const json_t *before; /* its affiliation in the catalogue, or NULL */
	bool is_another;      /* its number does not make it the person of other
	                       * entries with that number */
};

/* reason: login-name-in-use, mail-in-use: another entry has it;
 * login-name-held, mail-held: another person gave it up, and it is free at
 * `until`. */
struct name_conflict {
	const char *reason;
	const char *other; /* "DIRECTORY:ANCHOR", or "person ID" if removed */
	int64_t until;     /* 0: while the other has it */
};

/* Returns the claim of an entry, with its affiliation if it has one. */
struct name_claim name_conflict_claim(struct arena *a, const struct config *cfg,
                                      const struct source_entry *entry,
                                      const struct classification *s);

/* Returns whether another entry comes first for a name of this kind: the one
 * that has it in the catalogue, else one that is in the catalogue, else the
 * first by anchor. */
bool name_conflict_find(const struct name_claim *c, enum name_kind kind,
                        struct name_conflict *ret);

/* Quarantines the entry for its first conflict, or ends that.  Returns whether
 * there is a conflict. */
bool name_conflict_judge(const struct name_claim *c);

/* Gives an affiliation with a conflict the names that it had before. */
void name_conflict_keep_former(const struct name_claim *c, json_t *attrs);

/* Marks entries dirty whose wait for a name ended after `last`. */
void name_conflict_mark_ended_holds(const struct config *cfg, int64_t last);

/* Marks entries dirty that wait for a name of this affiliation. */
void name_conflict_mark_waiting(struct arena *a, const json_t *attrs);

#endif

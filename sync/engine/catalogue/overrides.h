/* SPDX-License-Identifier: AGPL-3.0-or-later
 * overrides.h: operators' overrides of synchronisation, from ou=decisions
 * (docs/decisions/0005), while they are in force. */
#ifndef SYNC_ENGINE_CATALOGUE_OVERRIDES_H
#define SYNC_ENGINE_CATALOGUE_OVERRIDES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/error.h"
#include "region/config/config.h"

struct sync_override {
	const char *id, *action, *by, *reason;
	const char *hash;      /* NULL: none */
	const char **subjects; /* as written; NULL-terminated */
	size_t count;
	int64_t from, until; /* 0: not set */
};

/* Reads ou=decisions; entries whose overrides are new, changed or gone become
 * dirty.  On error returns false and changes nothing. */
bool overrides_load(const struct config *cfg, struct error *err) must_check;

/* Requests that the overrides are loaded soon; the second function returns and
 * clears that request. */
void overrides_request_load(void);
bool overrides_load_requested(void);

/* Returns the override in force for a subject among these actions ("join", or
 * "join new out"), allocated in a: the latest, then the one with the greatest
 * id.  NULL: none.  The caller holds the state's lock, as for all functions
 * below. */
const struct sync_override *overrides_latest(struct arena *a,
                                             const char *actions,
                                             const char *subject);
/* Returns the one that decides which person a source entry is, or NULL. */
const struct sync_override *overrides_of_entry(struct arena *a,
                                               const char *directory,
                                               const char *anchor);
/* Returns all overrides with these actions for a subject (NULL: any), oldest
 * first. */
const struct sync_override *overrides_list(struct arena *a, const char *actions,
                                           const char *subject,
                                           size_t *ret_count);

/* Overrides of a former entry also apply to the one that took over its
 * affiliation.  Both are "DIRECTORY:ANCHOR". */
void overrides_follow(const char *former, const char *subject);

/* Returns the first subject that is not a source entry: the person of a join or
 * part, the directory of a release.  NULL: none. */
const char *overrides_target(const struct sync_override *d);

/* Returns the subject "DIRECTORY:ANCHOR" of a source entry. */
char *overrides_subject(struct arena *a, const char *directory,
                        const char *anchor);
/* Splits such a subject.  Returns false if it is of no source entry: it has no
 * colon, or is NULL. */
bool overrides_split_subject(struct arena *a, const char *subject,
                             const char **ret_directory,
                             const char **ret_anchor);

#endif

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * group_desired.h: classifies an entry as a group, builds its desired entry.
 * The caller holds the lock. */
#ifndef SYNC_ENGINE_GROUPS_GROUP_DESIRED_H
#define SYNC_ENGINE_GROUPS_GROUP_DESIRED_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/json.h"
#include "region/config/config.h"
#include "sync/engine/source/source_entry.h"

/* An entry of a source directory, classified as a group. */
struct group_source {
	const struct municipality *municipality;
	enum group_type kind;
	const struct school *school; /* or NULL */
	int year; /* in which its school year began; 0: no end date */
};

extern const char *const group_attributes[];

/* Returns false when it is no group.  record may be NULL. */
bool group_classify(struct arena *a, const struct config *cfg,
                    const struct source_entry *record,
                    struct group_source *ret);
/* Returns the school that has entries at this place, or NULL. */
const struct school *school_at(struct arena *a, const struct config *cfg,
                               const struct municipality *m,
                               const char *directory, const char *place);
/* Returns the desired entry, without members, living in a.  Dates once set are
 * kept. */
json_t *group_desired_entry(struct arena *a, const struct source_entry *record,
                            const struct group_source *s, const char *id,
                            const json_t *before);
/* Returns before, suspended. */
json_t *group_ended_entry(struct arena *a, const json_t *before);

#endif

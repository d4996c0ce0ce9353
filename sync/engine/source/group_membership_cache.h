/* SPDX-License-Identifier: AGPL-3.0-or-later
 * group_membership_cache.h: the members of each group of a source directory,
 * and their update by a run.  Everything here is done under the state's lock.
 * */
#ifndef SYNC_ENGINE_SOURCE_GROUP_MEMBERSHIP_CACHE_H
#define SYNC_ENGINE_SOURCE_GROUP_MEMBERSHIP_CACHE_H

#include <stdint.h>

#include "lib/arena.h"
#include "lib/json.h"
#include "sync/engine/source/source_entry.h"

/* ---- while a run is committed; bodies as in its entries */

/* Replaces the members of a group by those in body and in all that
 * membership_append adds.  Of a group in buckets, those of the buckets that are
 * not mentioned stay.  known_body: its body until now, or NULL. */
void membership_replace(struct arena *a, const char *directory,
                        const char *group, const char *known_body,
                        const char *body);
void membership_append(struct arena *a, const char *directory,
                       const char *group, const char *body);
/* Deletes a group and its members. */
void membership_delete(const char *directory, const char *group);
/* Marks all its members dirty, also through other groups. */
void membership_mark_dirty(const char *directory, const char *group);
/* After a group was stored: marks the accounts of which it is the primary group
 * dirty if its SID differs from the known one.  known_sid: NULL if it was not
 * stored before, or had none. */
void membership_mark_primary(const char *directory, const char *group,
                             const char *known_sid);
/* At the end of a run: marks those added or removed dirty. */
void membership_commit(const char *directory);

/* ---- while a run is staged */

/* Returns the numbers of the buckets to be sent, by their digests, living in a,
 * and their count. */
const long long *membership_buckets_needed(struct arena *a, int64_t run,
                                           const char *directory,
                                           const char *group,
                                           const json_t *fields,
                                           size_t *ret_count);

/* Returns the normalized DNs of the entry's groups, also through nested groups
 * and by its primary group, allocated in a, NULL-terminated. */
char **source_entry_groups(struct arena *a, const struct source_entry *entry);

#endif

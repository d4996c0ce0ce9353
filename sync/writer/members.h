/* SPDX-License-Identifier: AGPL-3.0-or-later
 * group_membership_cache.h: the members of each group of a source directory,
 * and their update by a run.  Everything here is done under the state's lock.
 * */
#ifndef SYNC_WRITER_MEMBERS_H
#define SYNC_WRITER_MEMBERS_H

#include "sync/writer/writer.h"

/* ---- while a run is committed; bodies as in its entries */

/* Replaces the members of a group by those in body and in all that
 * membership_append adds.  Of a group in buckets, those of the buckets that are
 * not mentioned stay.  known_body: its body until now, or NULL. */
void members_renew(struct arena *a, const char *directory, const char *group,
                   const char *known, const char *body);
void members_more(struct arena *a, const char *directory, const char *group,
                  const char *body);
/* Deletes a group and its members. */
void members_gone(const char *directory, const char *group);
/* Marks all its members dirty, also through other groups. */
void members_dirty(const char *directory, const char *group);
/* At the end of a run: marks those added or removed dirty. */
void members_commit(const char *directory);

/* ---- while a run is staged */

/* Returns the numbers of the buckets to be sent, by their digests, living in
 * a. */
json_t *members_wanted(struct arena *a, int64_t run, const char *directory,
                       const char *group, const json_t *fields);

#endif

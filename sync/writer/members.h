/* SPDX-License-Identifier: AGPL-3.0-or-later
 * members.h: who is in which group of a directory, and what a run makes of
 * it.  Everything here is done under the state's lock. */
#ifndef SYNC_WRITER_MEMBERS_H
#define SYNC_WRITER_MEMBERS_H

#include "sync/writer/writer.h"

/* ---- while a run is committed; bodies are as its entries have them */

/* A group comes, or comes again; known: its body until now, or NULL.  Its
 * members are those in body and in all that members_more() adds: of a group
 * in buckets, those of the buckets that are not mentioned stay. */
void members_renew(struct arena *a, const char *directory, const char *group,
                   const char *known, const char *body);
void members_more(struct arena *a, const char *directory, const char *group,
                  const char *body);
/* It is there no longer, and nobody is in it. */
void members_gone(const char *directory, const char *group);
/* All who are in it, through other groups too, are to be looked at. */
void members_dirty(const char *directory, const char *group);
/* At the end: who came or went is dirty. */
void members_commit(const char *directory);

/* ---- while it is staged */

/* The numbers of the buckets that must be told, by their digests. */
json_t *members_wanted(struct arena *a, int64_t run, const char *directory,
                       const char *group, const json_t *fields);

#endif

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * belong.h: whose affiliations are: given, taken over, moved.  In the cache;
 * the plan makes it so in the catalogue. */
#ifndef SYNC_WRITER_BELONG_H
#define SYNC_WRITER_BELONG_H

#include "sync/writer/writer.h"

/* A new person with this join value, or NULL; the id lives in a. */
const char *belong_person(struct arena *a, const char *joins);

/* A new affiliation of the record's. */
void belong_add(struct arena *a, const struct record *record,
                const char *person);

/* The affiliation that it was goes on with the record's anchor. */
void belong_return(struct arena *a, const struct record *record,
                   const char *affiliation);

/* The record's affiliation goes from one person to another, and remembers
 * whose it was. */
void belong_join(const struct record *record, const char *from, const char *to);
/* ... goes back, or to somebody new, and remembers nothing. */
void belong_part(const struct record *record, const char *from, const char *to);
/* Whose the record's affiliation was before it was joined, or NULL. */
const char *belong_before(struct arena *a, const char *directory,
                          const char *anchor);

/* The person's join value becomes this one, unless the one it has is still in
 * an entry of theirs, or this one in an entry of somebody else. */
void belong_claim(const char *person, const char *joins);
void belong_disclaim(const char *person);

/* The person with this id now, or who has it as a former one; NULL: nobody. */
const char *belong_living(struct arena *a, const char *id);
size_t belong_count(const char *person);

#endif

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * account_link.h: links between affiliations and people.  Changes the cache
 * only; reconcile_plan carries them into the catalogue. */
#ifndef SYNC_WRITER_BELONG_H
#define SYNC_WRITER_BELONG_H

#include "sync/writer/writer.h"

/* Creates a person with this join value, or NULL.  Returns the id, allocated in
 * a. */
const char *belong_person(struct arena *a, const char *joins);

/* Creates an affiliation for the entry. */
void belong_add(struct arena *a, const struct record *record,
                const char *person);

/* Gives an existing affiliation the entry's anchor. */
void belong_return(struct arena *a, const struct record *record,
                   const char *affiliation);

/* Moves the entry's affiliation to another person and stores the first person's
 * id as the previous one. */
void belong_join(const struct record *record, const char *from, const char *to);
/* Moves it back or to a new person and clears the previous id. */
void belong_part(const struct record *record, const char *from, const char *to);
/* Returns the person id from before the merge, or NULL. */
const char *belong_before(struct arena *a, const char *directory,
                          const char *anchor);

/* Sets the person's join value, unless an entry of theirs still has the present
 * value, or an entry of another person has the new one. */
void belong_claim(const char *person, const char *joins);
void belong_disclaim(const char *person);

/* Returns the person that has this id now, or as a former id; NULL: none. */
const char *belong_living(struct arena *a, const char *id);
size_t belong_count(const char *person);

#endif

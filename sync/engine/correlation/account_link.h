/* SPDX-License-Identifier: AGPL-3.0-or-later
 * account_link.h: links between affiliations and people.  Changes the cache
 * only; reconcile_plan carries them into the catalogue. */
#ifndef SYNC_ENGINE_CORRELATION_ACCOUNT_LINK_H
#define SYNC_ENGINE_CORRELATION_ACCOUNT_LINK_H

#include <stddef.h>

#include "lib/arena.h"
#include "sync/engine/source/source_entry.h"

/* Creates a person with this join value, or NULL.  Returns the id, allocated in
 * a. */
const char *link_create_person(struct arena *a, const char *join_value);

/* Creates a person who was removed, with the former id. */
void link_restore_person(const char *id, const char *join_value);

/* Creates an affiliation for the entry. */
void link_create(struct arena *a, const struct source_entry *entry,
                 const char *person);
/* Creates one that was removed, with the former id; person_before: of its
 * person before a merge, or NULL. */
void link_restore(const struct source_entry *entry, const char *person,
                  const char *id, const char *person_before);

/* Gives an existing affiliation the entry's anchor. */
void link_reattach(struct arena *a, const struct source_entry *entry,
                   const char *affiliation);

/* Moves the entry's affiliation to another person and stores previous (NULL:
 * none) as the id before that. */
void link_merge(const struct source_entry *entry, const char *from,
                const char *to, const char *previous);
/* Moves it back or to a new person and clears the previous id. */
void link_split(const struct source_entry *entry, const char *from,
                const char *to);
/* Returns the person id from before the merge, or NULL. */
const char *link_previous_person(struct arena *a, const char *directory,
                                 const char *anchor);

/* Sets the person's join value, unless an entry of theirs still has the present
 * value, or an entry of another person has the new one. */
void link_set_join_value(const char *person, const char *join_value);
void link_clear_join_value(const char *person);

/* Marks the person's entries in quarantine to be evaluated again: another entry
 * of the person, which they are in conflict with, left or came back. */
void link_mark_doubts_dirty(const char *person);

/* Returns the person that has this id now, or as a former id; NULL: none. */
const char *link_resolve_person(struct arena *a, const char *id);
size_t link_count(const char *person);

#endif

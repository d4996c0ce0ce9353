/* SPDX-License-Identifier: AGPL-3.0-or-later
 * join_private.h: the join of one source entry. */
#ifndef SYNC_ENGINE_CORRELATION_JOIN_PRIVATE_H
#define SYNC_ENGINE_CORRELATION_JOIN_PRIVATE_H

#include <stdbool.h>

#include "lib/arena.h"
#include "region/config/config.h"
#include "sync/engine/correlation/join.h"
#include "sync/engine/source/classify.h"
#include "sync/engine/source/source_entry.h"

/* A source entry being joined. */
struct join_context {
	struct arena *arena;
	const struct config *cfg;
	const struct source_entry *entry;
	const struct classification *classification;
	const char *person;          /* linked person; NULL: none yet */
	const char *person_before;   /* id before it joined that, or NULL */
	const char *excluded_person; /* excluded by an override, or NULL */
	const char *other_person;    /* the only other person with this value */
	const char *other_entry;     /* an entry that it is in conflict with */
	const char *reattached;      /* the affiliation that it takes over */
	const char *former_person;   /* person it was linked to before */
};

/* Applies an operator's override of the join.  Returns false if the rules
 * decide; m->excluded_person then is a person that it must not join. */
bool override_apply(struct join_context *m);
/* Returns whether an override decides, and changes nothing. */
bool override_decides(struct join_context *m);

/* Returns the value by which the entry joins, or NULL. */
const char *join_value_of_entry(const struct join_context *m);
/* Returns whether the entry's name agrees with one of the person's names. */
bool join_names_agree_with_person(const struct join_context *m,
                                  const char *person);
bool join_is_same_position(enum affiliation_type one,
                           enum affiliation_type other);

/* Find people with the entry's value, except the linked and the excluded one;
 * other entries with it; and leavers that it may continue.  In this order. */
void join_check_people(struct join_context *m, struct join_facts *f);
void join_check_entries(struct join_context *m, struct join_facts *f);
void join_check_leavers(struct join_context *m, struct join_facts *f);

/* Returns the id of the person with this number who was removed, or NULL. */
const char *join_returning_person(const struct join_context *m,
                                  const char *join_value);
/* Returns the id for the subject identifiers of an affiliation that the entry
 * adds to the person; NULL: the person's. */
const char *join_subject_id(const struct join_context *m, const char *person);
/* Returns whether an affiliation of the person is of the entry's directory or
 * municipality, and so needs no proof.  row: directory, anchor, municipality in
 * the catalogue. */
bool join_is_near(const struct join_context *m, char **row);
/* Creates the entry's affiliation, with its former id if it was removed. */
void join_create_link(const struct join_context *m, const char *person);

/* Returns whether an entry of the other person has the linked person's
 * value. */
bool join_is_swapped(const struct join_context *m, const char *person_value);
/* Returns whether the entry, which joined a person of another municipality, has
 * a name that agrees with none of that person's: neither of entries of other
 * municipalities nor in the catalogue, former family names included. */
bool join_is_renamed(struct join_context *m);
/* Returns whether another entry of the linked person has another value. */
bool join_is_disputed(const struct join_context *m);
/* Returns whether the entry's affiliation and the other person have been in the
 * catalogue for a day. */
bool join_both_are_known(const struct join_context *m);

#endif

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * tombstones.h: what stays of removed affiliations, so that a person who
 * returns gets the same ids: ids, municipality, kind and the join value, for
 * `remember-ids`; and hashes of names that are still held.  No names.
 *
 * portvaktId=<person>,ou=tombstones,ou=decisions.  portvaktSubject has
 * "affiliation ID MUNICIPALITY KIND [ID OF ITS PERSON BEFORE A MERGE]" for each
 * affiliation, and "municipality NAME" for each municipality. */
#ifndef SYNC_ENGINE_CATALOGUE_TOMBSTONES_H
#define SYNC_ENGINE_CATALOGUE_TOMBSTONES_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/error.h"
#include "lib/json.h"
#include "region/config/config.h"

/* A removed affiliation. */
struct tombstone_affiliation {
	const char *id, *municipality, *kind;
	const char *person_before; /* NULL: not merged */
};

/* The caller holds the lock.  Results are allocated in a. */

/* Returns the tombstone of a person, or NULL. */
const json_t *tombstone_of(struct arena *a, const char *person);
/* Returns the id of the removed person with this join value, or NULL. */
const char *tombstone_person(struct arena *a, const char *join_value);
/* Returns the person's removed affiliations. */
const struct tombstone_affiliation *tombstone_affiliations(struct arena *a,
                                                           const char *person,
                                                           size_t *ret_count);

/* What the tombstone of a person depends on. */
struct tombstone_facts {
	const char *person;
	const char *join_value;   /* NULL: the person has no number */
	const json_t *before;     /* the tombstone, or NULL */
	const json_t *former_ids; /* array of strings, or NULL */
	const json_t *removed;    /* array: attributes of each affiliation that
	                             is removed now */
	const json_t *living;     /* object: ids of the others */
};
/* Returns the tombstone's attributes; NULL: none is needed. */
const json_t *tombstone_desired(struct arena *a, const struct config *cfg,
                                const struct tombstone_facts *f);

/* Stores it in the cache; NULL: removed. */
void tombstone_record(struct arena *a, const char *person, const json_t *attrs);

/* Replaces the cache's tombstones by the catalogue's.  On error returns
 * false. */
bool tombstones_read(const struct config *cfg, struct error *err) must_check;

/* Without the lock: write to the catalogue.  On error return false. */

bool tombstone_write(const struct config *cfg, struct arena *a,
                     const char *person, const json_t *attrs,
                     struct error *err) must_check;
/* Removes those that have ended. */
bool tombstones_expire(const struct config *cfg, struct error *err) must_check;
/* Removes what is about this municipality. */
bool tombstones_purge(const struct config *cfg, const char *municipality,
                      struct error *err) must_check;

#endif

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * released_names.h: login names and mail addresses that were given up, held for
 * a time before another person gets them.  The caller holds the lock. */
#ifndef SYNC_ENGINE_CATALOGUE_RELEASED_NAMES_H
#define SYNC_ENGINE_CATALOGUE_RELEASED_NAMES_H

#include <stdbool.h>

#include "lib/arena.h"
#include "lib/json.h"
#include "region/config/config.h"

/* portvaktReleasedName: "TIME login|mail NAME" on an affiliation, and
 * "TIME login|mail DIRECTORY MUNICIPALITY HASH" on a tombstone, which names no
 * person.  "TIME entry DIRECTORY:ANCHOR" on an affiliation is its former entry,
 * for which an operator has decided something. */
#define RELEASED_NAME_ATTRIBUTE "portvaktReleasedName"

/* Values that identify one person: login names in their directory, mail
 * addresses at services. */
enum name_kind { NAME_LOGIN, NAME_MAIL, NAME_KINDS };

/* "login", "mail"; the field of a source entry, and the attribute of an
 * affiliation. */
extern const char *const name_fields[NAME_KINDS];
extern const char *const name_attributes[NAME_KINDS];

/* Returns the form that is compared: lower case, without invisible characters,
 * owned by the arena. */
char *name_normalize(struct arena *a, const char *name);

/* Sets the attribute of an affiliation from its attributes before and after a
 * change: adds names that it had and has no longer, removes those that it has
 * again and those whose time has passed. */
void released_names_update(struct arena *a, const struct config *cfg,
                           const json_t *before, json_t *after);

/* Stores in the cache what an affiliation has released; attrs NULL: it is
 * removed. */
void released_names_record(struct arena *a, const char *id,
                           const json_t *attrs);
/* The same for a tombstone. */
void released_names_record_hashed(struct arena *a, const char *id,
                                  const json_t *attrs);

/* Returns the value of a tombstone for each name that the removed affiliation
 * holds, and appends it to the list of strings. */
void released_names_hash(struct arena *a, const struct config *cfg,
                         const json_t *attrs, json_t *list);
/* Returns the hash of a name: SHA-256 with the region's base as salt. */
char *released_name_hash(struct arena *a, const struct config *cfg,
                         enum name_kind kind, const char *folded);
/* Returns when the hold of such a value ends; 0 if it is invalid. */
int64_t released_name_end(struct arena *a, const struct config *cfg,
                          const char *value);

#endif

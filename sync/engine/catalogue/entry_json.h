/* SPDX-License-Identifier: AGPL-3.0-or-later
 * entry_json.h: attributes of a catalogue entry as
 * {"name": ["value", ...], ...}, values sorted. */
#ifndef SYNC_ENGINE_CATALOGUE_ENTRY_JSON_H
#define SYNC_ENGINE_CATALOGUE_ENTRY_JSON_H

#include <stddef.h>

#include "lib/arena.h"
#include "lib/json.h"
#include "region/ldap/directory.h"

/* Returns the stored text as an object, allocated in a; NULL if it is NULL or
 * no JSON. */
json_t *entry_json_parse(struct arena *a, const char *text);
json_t *entry_json_from_ldap(struct arena *a, const struct directory_entry *e,
                             const char *const *names);
/* Replaces the values by one; NULL or "": deletes the attribute. */
void entry_json_set(json_t *attrs, const char *name, const char *value);
/* Moves the newest of values that begin with a generalized time to the front,
 * in order, if there are more than most.  Returns how many are left. */
size_t entry_json_keep_newest(const char **values, size_t count, size_t most);
/* Sorts values and drops duplicates. */
void entry_json_set_values(json_t *attrs, const char *name, const char **values,
                           size_t count);
/* Also drops values that the catalogue treats as equal. */
void entry_json_set_distinct(struct arena *a, json_t *attrs, const char *name,
                             const char **values, size_t count);
/* Returns the first value, or NULL. */
const char *entry_json_value(const json_t *attrs, const char *name);
/* Returns the changes from before to after, allocated in a.  *ret_names: names
 * of the changed attributes, "-name" for a deleted one. */
const struct directory_change *entry_json_diff(struct arena *a,
                                               const json_t *before,
                                               const json_t *after,
                                               size_t *ret_count,
                                               char **ret_names);

#endif

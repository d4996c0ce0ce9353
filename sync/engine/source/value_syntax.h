/* SPDX-License-Identifier: AGPL-3.0-or-later
 * value_syntax.h: what the catalogue can store of a source entry's optional
 * values, one by one (decision 0018). */
#ifndef SYNC_ENGINE_SOURCE_VALUE_SYNTAX_H
#define SYNC_ENGINE_SOURCE_VALUE_SYNTAX_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/json.h"
#include "sync/engine/source/source_entry.h"

/* Returns a value of the field as the catalogue can store it, allocated in a;
 * NULL if it cannot: *ret_cause is why. */
const char *value_syntax_read(struct arena *a, const char *field,
                              const char *text, const char **ret_cause);
/* Returns the one value that is written of a field: `before`, which may be
 * NULL, while the entry still has it, otherwise the least.  NULL if there is
 * none. */
const char *value_syntax_select(struct arena *a,
                                const struct source_entry *entry,
                                const char *field, const char *before);
/* Returns {"field": "cause"} of the values that are left out, allocated in a:
 * by this table, and by the connector (field "left-out" of the entry). */
json_t *value_syntax_not_taken(struct arena *a,
                               const struct source_entry *entry);

/* Returns whether an entry is complete without this attribute: it is left out
 * if the catalogue refuses it.  Rights are not optional. */
bool value_syntax_is_optional(const char *attribute, bool of_person);
/* Return the field of an attribute, the attribute of a field, and the sentence
 * of a cause; the parameter itself if it is not in the tables. */
const char *value_syntax_field(const char *attribute);
const char *value_syntax_attribute(const char *field);
const char *value_syntax_cause(const char *cause);

#endif

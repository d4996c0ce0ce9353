/* SPDX-License-Identifier: AGPL-3.0-or-later
 * desired_entry.h: the desired attributes of catalogue entries. */
#ifndef SYNC_ENGINE_TARGET_DESIRED_ENTRY_H
#define SYNC_ENGINE_TARGET_DESIRED_ENTRY_H

#include <stddef.h>

#include "lib/arena.h"
#include "lib/json.h"
#include "region/config/config.h"
#include "sync/engine/source/classify.h"
#include "sync/engine/source/source_entry.h"

extern const char *const managed_person_attributes[];
extern const char *const managed_affiliation_attributes[];
extern const char *const managed_municipality_attributes[];

/* before: the attributes written last, or NULL. */
json_t *desired_affiliation(struct arena *a, const struct source_entry *entry,
                            const struct classification *s, const char *id,
                            const json_t *before);
/* Returns its login names and mail address only. */
json_t *desired_names(struct arena *a, const struct source_entry *entry,
                      const json_t *before);
/* live: the person's classified source entries, in order of precedence; naming:
 * how many of them, the first ones, name the person; before: the attributes
 * written last, or NULL. */
json_t *desired_person(struct arena *a, const struct config *cfg,
                       const char *id, const char *join_value,
                       const struct source_entry *const *live, size_t count,
                       size_t naming, const json_t *before);
json_t *desired_municipality(struct arena *a, const struct municipality *m);

#endif

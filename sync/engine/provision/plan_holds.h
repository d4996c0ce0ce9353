/* SPDX-License-Identifier: AGPL-3.0-or-later
 * plan_holds.h: what a hold keeps of an affiliation, and what the catalogue
 * remembers of a change.  The caller holds the lock. */
#ifndef SYNC_ENGINE_PROVISION_PLAN_HOLDS_H
#define SYNC_ENGINE_PROVISION_PLAN_HOLDS_H

#include <stdbool.h>

#include "lib/arena.h"
#include "lib/json.h"
#include "sync/engine/source/source_entry.h"

/* Puts back the values of before that are held (enum hold_mask).  before may be
 * NULL. */
void plan_holds_keep(json_t *attrs, const json_t *before, int held);
/* Returns whether the entry is disabled, by the last days that are in force:
 * those of attrs, not a held one of the entry. */
bool plan_holds_is_disabled(const struct source_entry *entry,
                            const json_t *attrs, int held);
/* Returns after with the counted effects of the change in portvaktRecentChange,
 * allocated in a. */
const json_t *plan_holds_remember(struct arena *a,
                                  const struct source_entry *entry,
                                  const json_t *before, const json_t *after);
/* The same for a new affiliation of a known person. */
const json_t *plan_holds_remember_joined(struct arena *a,
                                         const struct source_entry *entry,
                                         const json_t *after);

#endif

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * plan_values.h: values of a plan that depend on what was written before.  The
 * caller holds the lock. */
#ifndef SYNC_ENGINE_PROVISION_PLAN_VALUES_H
#define SYNC_ENGINE_PROVISION_PLAN_VALUES_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/json.h"
#include "region/config/config.h"
#include "sync/engine/source/source_entry.h"

/* Suspends the attributes, since the time in before, or now.  Returns them. */
const json_t *plan_suspended_attrs(struct arena *a, json_t *attrs,
                                   const json_t *before);
/* Returns whether the suspended affiliation is to be removed: by the grace
 * period, or by the date of an operator's override. */
bool plan_grace_is_over(struct arena *a, const struct config *cfg,
                        const char *id, const json_t *before);
/* Returns the encrypted number to write; "": delete; NULL: keep. */
const char *plan_sealed_id(const json_t *before, const json_t *after,
                           const struct source_entry *const *live,
                           size_t count);

#endif

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * purge_check.h: whether a municipality is to be removed: an override exists,
 * the date has come, and no configuration feeds it.  The caller holds the lock.
 */
#ifndef SYNC_ENGINE_TARGET_PURGE_CHECK_H
#define SYNC_ENGINE_TARGET_PURGE_CHECK_H

#include <stdbool.h>

#include "lib/arena.h"
#include "lib/json.h"
#include "region/config/config.h"

/* Returns whether the entry with these attributes is to be removed; and whether
 * all of the municipality is. */
bool purge_includes(struct arena *a, const struct config *cfg,
                    const json_t *attrs);
bool purge_is_due(struct arena *a, const struct config *cfg,
                  const struct municipality *m);

#endif

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * source_state.h: the state of a source directory.  The caller holds the lock.
 */
#ifndef SYNC_ENGINE_SOURCE_SOURCE_STATE_H
#define SYNC_ENGINE_SOURCE_SOURCE_STATE_H

#include <stdbool.h>

#include "region/config/config.h"

/* Returns whether the directory was read completely, so that an absent entry
 * counts as deleted. */
bool source_is_complete(const char *directory);
/* Returns whether the directory was read completely at least once.  Absent
 * entries need not be deleted yet. */
bool source_was_read(const char *directory);
/* Returns whether the directory is configured or still has affiliations. */
bool source_is_known(const struct config *cfg, const char *directory);

#endif

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * source_identity_check.h: whether it is still the same directory.  The caller
 * holds the lock. */
#ifndef SYNC_ENGINE_GUARD_SOURCE_IDENTITY_CHECK_H
#define SYNC_ENGINE_GUARD_SOURCE_IDENTITY_CHECK_H

#include <stdbool.h>

#include "lib/arena.h"
#include "region/config/config.h"

/* Returns whether this is another directory than the one its people came
 * from. */
bool source_identity_has_changed(const char *directory);
/* Returns whether the directory was restored from a backup, which no operator
 * has approved.  It ends after seven days in which nothing is held for it. */
bool source_went_back(const char *directory);
/* Returns the evidence to approve that with, allocated in a, or NULL. */
char *source_went_back_evidence(struct arena *a, const char *directory);
/* Returns whether the configured canary entry is missing. */
bool source_canary_is_missing(const struct directory_conf *d);
/* Returns the directory's present identifier, allocated in a, or NULL. */
char *source_identity_current(struct arena *a, const char *directory);

#endif

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * directory_move.h: people who move from a directory to the one that replaces
 * it.  The caller holds the lock. */
#ifndef SYNC_ENGINE_SOURCE_DIRECTORY_MOVE_H
#define SYNC_ENGINE_SOURCE_DIRECTORY_MOVE_H

#include <stdbool.h>

#include "lib/arena.h"
#include "region/config/config.h"
#include "sync/engine/source/classify.h"
#include "sync/engine/source/source_entry.h"

/* Returns the directory that this one replaces, or NULL. */
const char *directory_predecessor(const struct config *cfg,
                                  const char *directory);
/* Returns the configured directory that replaces this one, or NULL. */
const char *directory_successor(const struct config *cfg,
                                const char *directory);

/* Returns whether the affiliation of this entry, which has none, was taken over
 * by an entry of the directory that replaces its own: by number, or by login
 * name and employee number. */
bool directory_entry_has_moved(struct arena *a, const struct config *cfg,
                               const struct source_entry *entry,
                               const struct classification *s);

#endif

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * name_index.h: which source entries have a login name or a mail address.  The
 * caller holds the lock. */
#ifndef SYNC_ENGINE_SOURCE_NAME_INDEX_H
#define SYNC_ENGINE_SOURCE_NAME_INDEX_H

#include "lib/arena.h"
#include "sync/engine/catalogue/released_names.h"

/* Stores the names of an entry.  before, after: its attributes as JSON text;
 * NULL: no entry.  Entries that wait for one of the names become dirty. */
void name_index_store(struct arena *a, const char *directory,
                      const char *anchor, const char *before,
                      const char *after);
/* Marks other entries dirty that wait for this name. */
void name_index_mark_waiting(const char *directory, const char *anchor,
                             enum name_kind kind, const char *folded);

#endif

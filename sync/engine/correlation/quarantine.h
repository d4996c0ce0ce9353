/* SPDX-License-Identifier: AGPL-3.0-or-later
 * quarantine.h: entries that are not joined.  The caller holds the lock. */
#ifndef SYNC_ENGINE_CORRELATION_QUARANTINE_H
#define SYNC_ENGINE_CORRELATION_QUARANTINE_H

#include "sync/engine/source/source_entry.h"

/* Stores the reason; NULL: removes the entry from quarantine, unless it is
 * there for a taken login name. */
void quarantine_set(const struct source_entry *entry, const char *reason);
/* Removes the entry from quarantine. */
void quarantine_clear(const char *directory, const char *anchor);

#endif

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * dirty.h: source entries to be processed.  The caller holds the lock. */
#ifndef SYNC_ENGINE_STATE_DIRTY_H
#define SYNC_ENGINE_STATE_DIRTY_H

void dirty_mark(const char *directory, const char *anchor);
/* Marks all entries and affiliations.  cause: "configuration", or "unknown"
 * after the cache was recreated. */
void dirty_mark_all(const char *cause);

#endif

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * source_entry_memo.h: entries, and their classification, that were loaded
 * while a batch is planned: the same entry is assessed, joined and planned, and
 * nothing changes records, members or the configuration meanwhile.  The caller
 * holds the lock from begin to end. */
#ifndef SYNC_ENGINE_SOURCE_SOURCE_ENTRY_MEMO_H
#define SYNC_ENGINE_SOURCE_SOURCE_ENTRY_MEMO_H

#include "lib/arena.h"
#include "sync/engine/source/classify.h"
#include "sync/engine/source/source_entry.h"

/* One entry.  The zero value: not classified yet. */
struct source_entry_memo {
	bool was_classified, is_classified;
	struct classification classification;
};

/* From now on source_entry_load() and source_entry_classify() keep what they
 * find in a, up to a number of entries. */
void source_entry_memo_begin(struct arena *a);
void source_entry_memo_end(void);

/* Returns the arena between begin and end, or NULL. */
struct arena *source_entry_memo_lives_in(void);
/* Returns it for an entry that is about to be loaded and kept; NULL: it is not
 * kept. */
struct arena *source_entry_memo_arena(void);
/* Returns the entry if it is kept, or NULL. */
const struct source_entry *source_entry_memo_find(const char *directory,
                                                  const char *anchor);
/* Keeps the entry, which lives in that arena. */
void source_entry_memo_add(struct source_entry *entry);

#endif

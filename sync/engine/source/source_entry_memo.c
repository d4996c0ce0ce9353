/* SPDX-License-Identifier: AGPL-3.0-or-later
 * source_entry_memo.c: entries loaded while a batch is planned. */
#include "sync/engine/source/source_entry_memo.h"

#include <string.h>

enum { MAX_ENTRIES = 100 }; /* about 2 KB each */

/* Under the state's lock; all NULL outside of begin and end. */
static struct {
	struct arena *arena;
	const struct source_entry **entries;
	size_t count;
} memo;

void source_entry_memo_begin(struct arena *a)
{
	memo.arena = a;
	memo.entries = arena_array(a, const struct source_entry *, MAX_ENTRIES);
	memo.count = 0;
}

void source_entry_memo_end(void)
{
	memo.arena = NULL;
	memo.entries = NULL;
	memo.count = 0;
}

struct arena *source_entry_memo_lives_in(void)
{
	return memo.arena;
}

struct arena *source_entry_memo_arena(void)
{
	return memo.count < MAX_ENTRIES ? memo.arena : NULL;
}

const struct source_entry *source_entry_memo_find(const char *directory,
                                                  const char *anchor)
{
	for (size_t i = 0; i < memo.count; i++)
		if (strcmp(memo.entries[i]->anchor, anchor) == 0 &&
		    strcmp(memo.entries[i]->directory, directory) == 0)
			return memo.entries[i];
	return NULL;
}

void source_entry_memo_add(struct source_entry *entry)
{
	entry->memo = arena_new(memo.arena, struct source_entry_memo);
	memo.entries[memo.count++] = entry;
}

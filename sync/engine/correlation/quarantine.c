/* SPDX-License-Identifier: AGPL-3.0-or-later
 * quarantine.c: entries that are not joined, with the reason. */
#include "sync/engine/correlation/quarantine.h"

#include "lib/clock.h"
#include "sync/engine/source/source_entry.h"
#include "sync/engine/state/state.h"

void quarantine_clear(const char *directory, const char *anchor)
{
	state_exec("DELETE FROM quarantine WHERE directory = ?1"
	           " AND anchor = ?2",
	           "tt", directory, anchor);
}

/* Keeps the reason that feide.c sets and clears. */
static void quarantine_clear_join_reasons(const struct source_entry *entry)
{
	state_exec("DELETE FROM quarantine WHERE directory = ?1"
	           " AND anchor = ?2 AND reason <> 'login-name-taken'",
	           "tt", entry->directory, entry->anchor);
}

void quarantine_set(const struct source_entry *entry, const char *reason)
{
	if (!reason) {
		quarantine_clear_join_reasons(entry);
		return;
	}
	state_exec("INSERT INTO quarantine VALUES(?1, ?2, ?3, ?4)"
	           " ON CONFLICT DO UPDATE SET reason = excluded.reason",
	           "ttti", entry->directory, entry->anchor, reason,
	           clock_now());
}

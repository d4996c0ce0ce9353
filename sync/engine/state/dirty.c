/* SPDX-License-Identifier: AGPL-3.0-or-later
 * dirty.c: marks source entries that the apply thread has to process. */
#include "sync/engine/state/dirty.h"

#include "sync/engine/state/state.h"

/* Rows keep their first position: later changes, for example of a group, must
 * not delay a deactivation. */
void dirty_mark(const char *directory, const char *anchor)
{
	state_exec("INSERT INTO dirty(directory, anchor, at) VALUES(?1, ?2, ?3)"
	           " ON CONFLICT DO UPDATE SET gen = gen + 1, cause = CASE"
	           " cause WHEN 'configuration' THEN 'unknown'"
	           " WHEN 'drift' THEN NULL ELSE cause END",
	           "tti", directory, anchor, state_now_ms());
}

void dirty_mark_all(const char *cause)
{
	state_exec("INSERT OR IGNORE INTO dirty(directory, anchor, at)"
	           " SELECT directory, anchor, ?1 FROM records"
	           " WHERE class = 'person'",
	           "i", state_now_ms());
	state_exec("INSERT OR IGNORE INTO dirty(directory, anchor, at)"
	           " SELECT directory, anchor, ?1 FROM affiliations",
	           "i", state_now_ms());
	state_exec("UPDATE dirty SET gen = gen + 1, cause = ?1", "t", cause);
}

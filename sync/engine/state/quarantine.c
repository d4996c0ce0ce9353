/* SPDX-License-Identifier: AGPL-3.0-or-later
 * quarantine.c: entries in doubt, each with the reason. */
#include "sync/engine/state/quarantine.h"

#include "lib/clock.h"
#include "sync/engine/state/state.h"

void quarantine_clear(const char *directory, const char *anchor)
{
	state_exec("DELETE FROM quarantine WHERE directory = ?1"
	           " AND anchor = ?2",
	           "tt", directory, anchor);
}

void quarantine_set(const char *directory, const char *anchor,
                    enum quarantine_area area, const char *reason,
                    const char *other)
{
	if (!reason) {
		state_exec("DELETE FROM quarantine WHERE directory = ?1"
		           " AND anchor = ?2 AND area = ?3",
		           "tti", directory, anchor, (int64_t)area);
		return;
	}
	state_exec("INSERT INTO quarantine VALUES(?1, ?2, ?3, ?4, ?5, ?6)"
	           " ON CONFLICT DO UPDATE SET since = CASE WHEN area = ?7 AND"
	           " reason <> excluded.reason THEN excluded.since ELSE since"
	           " END, reason = excluded.reason, other = excluded.other",
	           "tttiiti", directory, anchor, reason, clock_now(),
	           (int64_t)area, other, (int64_t)QUARANTINE_NAME);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * validity_dates.c: marks affiliations dirty when a date comes: end of the
 * grace period, account expiry, first and last day of an employment.
 * apply.c does the rest. */
#include "sync/engine/provision/validity_dates.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/strbuf.h"
#include "sync/engine/correlation/name_conflict.h"
#include "sync/engine/guard/change_guard.h"
#include "sync/engine/source/source_entry.h"
#include "sync/engine/state/dirty.h"
#include "sync/engine/state/state.h"

/* Affiliations without a source entry are marked each time; those with an entry
 * that is disabled or no longer selected, once. */
void validity_mark_grace_ends(const struct config *cfg, int64_t last)
{
	state_lock();
	state_exec("INSERT OR IGNORE INTO dirty(directory, anchor, at)"
	           " SELECT f.directory, f.anchor, ?1 FROM affiliations AS f"
	           " WHERE f.status = 'suspended' AND f.suspended <= ?2"
	           " AND (f.suspended > ?3 OR NOT EXISTS"
	           " (SELECT 1 FROM records AS r WHERE"
	           " r.directory = f.directory AND r.anchor = f.anchor))",
	           "iii", state_now_ms(), clock_now() - cfg->delete_after,
	           last - cfg->delete_after);
	/* Affiliations with a removal date set by an operator. */
	state_exec("INSERT OR IGNORE INTO dirty(directory, anchor, at)"
	           " SELECT f.directory, f.anchor, ?1 FROM decisions AS d"
	           " CROSS JOIN decided AS x ON x.id = d.id"
	           " CROSS JOIN affiliations AS f ON f.id = x.subject"
	           " WHERE d.decides = 'grace' AND f.status = 'suspended'"
	           " AND json_extract(d.body, '$.until') <= ?2"
	           " AND json_extract(d.body, '$.until') > ?3",
	           "iii", state_now_ms(), clock_now(), last);
	name_conflict_mark_ended_holds(cfg, last);
	state_unlock();
}

/* An affiliation held by a configuration change stays as it is, but not past
 * its last day, which the catalogue does not have. */
static void validity_mark_held_ends(struct arena *a)
{
	size_t count = 0;
	char ***rows = state_rows(
	    a, &count,
	    "SELECT h.directory, h.anchor FROM held AS h JOIN affiliations AS f"
	    " ON f.directory = h.directory AND f.anchor = h.anchor"
	    " JOIN records AS r ON r.directory = h.directory"
	    " AND r.anchor = h.anchor WHERE h.mask = ?1 AND f.status = 'active'"
	    " AND (json_extract(r.body, '$.until[0]') IS NOT NULL"
	    "  OR json_extract(r.body, '$.expires[0]') IS NOT NULL)"
	    " AND NOT EXISTS (SELECT 1 FROM held AS x WHERE"
	    "  x.directory = h.directory AND x.anchor = h.anchor"
	    "  AND x.mask = ?2)",
	    "ii", (int64_t)HOLD_CONFIG_CHANGE, (int64_t)HOLD_DEACTIVATE);

	for (size_t i = 0; i < count; i++) {
		const struct source_entry *entry =
		    source_entry_load(a, rows[i][0], rows[i][1]);

		if (entry && source_entry_is_disabled(entry, clock_now()))
			dirty_mark(rows[i][0], rows[i][1]);
	}
}

/* Last days were counted when they were set: when they come, nothing is held.
 * A day that is held is not in the catalogue. */
static void validity_mark_ended(const char *now)
{
	state_exec("INSERT OR IGNORE INTO dirty(directory, anchor, at)"
	           " SELECT directory, anchor, ?1 FROM affiliations AS f"
	           " WHERE +status = 'active'"
	           " AND json_extract(form, '$.portvaktUntil[0]') <= ?2",
	           "it", state_now_ms(), now);
	state_exec("INSERT OR IGNORE INTO dirty(directory, anchor, at)"
	           " SELECT directory, anchor, ?1 FROM affiliations AS f"
	           " WHERE +status = 'active'"
	           " AND json_extract(form, '$.portvaktExpires[0]') <= ?2",
	           "it", state_now_ms(), now);
}

void validity_mark_held_last_days(void)
{
	struct arena *a = arena_open();

	state_lock();
	state_begin();
	validity_mark_held_ends(a);
	state_commit();
	state_unlock();
	arena_close(a);
}

void validity_mark_first_and_last_days(int64_t last)
{
	struct arena *a = arena_open();
	char *now = clock_format_generalized_time(a, clock_now());

	state_lock();
	state_begin();
	validity_mark_ended(now);
	state_exec("INSERT OR IGNORE INTO dirty(directory, anchor, at)"
	           " SELECT directory, anchor, ?1 FROM affiliations AS f"
	           " WHERE +status = 'suspended'"
	           " AND json_extract(form, '$.portvaktFrom[0]') <= ?2"
	           " AND json_extract(form, '$.portvaktFrom[0]') > ?3",
	           "itt", state_now_ms(), now,
	           clock_format_generalized_time(a, last));
	state_commit();
	state_unlock();
	arena_close(a);
}

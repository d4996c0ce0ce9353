/* SPDX-License-Identifier: AGPL-3.0-or-later
 * threshold_restore.c: restores what the thresholds have counted: deactivations
 * from portvaktSuspended, other effects from portvaktRecentChange. */
#include "sync/engine/guard/threshold_restore.h"

#include "lib/clock.h"
#include "lib/strbuf.h"
#include "sync/engine/catalogue/entry_json.h"
#include "sync/engine/guard/change_effects.h"
#include "sync/engine/guard/deactivation_threshold.h"
#include "sync/engine/state/state.h"

/* An affiliation that remembers changes. */
struct remembering {
	struct arena *arena;
	const char *directory, *anchor;
	const json_t *attrs;
};

/* Roles that a leaver loses were not counted. */
static void restore_effect(const struct remembering *r, const char *value)
{
	struct recent_change change;

	if (!recent_change_parse(r->arena, r->attrs, value, &change) ||
	    (change.what == HOLD_ROLE_LOSS &&
	     entry_json_value(r->attrs, "portvaktSuspended")))
		return;
	state_exec(
	    "INSERT OR IGNORE INTO passed(directory, anchor, what,"
	    " detail, kind, unit, at) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	    "ttittti", r->directory, r->anchor, (int64_t)change.what,
	    change.detail, change.kind,
	    entry_json_value(r->attrs, "portvaktUnit"), change.when);
}

static void restore_effects(void)
{
	struct arena *a = arena_open();
	size_t count = 0;
	char ***rows =
	    state_rows(a, &count,
	               "SELECT directory, anchor, form FROM affiliations"
	               " WHERE form LIKE '%\"portvaktRecentChange\"%'",
	               "");

	for (size_t i = 0; i < count; i++) {
		struct remembering r = { .arena = a,
			                 .directory = rows[i][0],
			                 .anchor = rows[i][1],
			                 .attrs =
			                     entry_json_parse(a, rows[i][2]) };
		const json_t *list = js_array(r.attrs, "portvaktRecentChange");

		for (size_t k = 0; k < json_array_size(list); k++)
			restore_effect(
			    &r, json_string_value(json_array_get(list, k)));
	}
	arena_close(a);
}

/* Ends that were known before, and approved ones, do not count. */
static void restore_deactivations(void)
{
	state_exec(
	    "INSERT OR IGNORE INTO gone SELECT directory, anchor,"
	    " suspended FROM affiliations AS f WHERE status = 'suspended'"
	    " AND suspended > ?1 AND NOT EXISTS (SELECT 1 FROM allowed AS"
	    " x WHERE x.directory = f.directory AND x.anchor = f.anchor"
	    " AND x.approval = 'release' AND x.at > f.seen)"
	    " AND NOT EXISTS (SELECT 1 FROM announced AS n WHERE"
	    " n.directory = f.directory AND n.anchor = f.anchor)"
	    " AND coalesce(json_extract(form, '$.portvaktUntil[0]') >"
	    " json_extract(form, '$.portvaktSuspended[0]'), 1)"
	    " AND coalesce(json_extract(form, '$.portvaktExpires[0]') >"
	    " json_extract(form, '$.portvaktSuspended[0]'), 1)",
	    "i", clock_now() - THRESHOLD_WEEK);
	state_exec("INSERT OR IGNORE INTO passed(directory, anchor, what,"
	           " detail, kind, unit, at) SELECT g.directory, g.anchor,"
	           " 1, '', json_extract(form, '$.portvaktMunicipality[0]')"
	           " || ' ' || json_extract(form, '$.portvaktKind[0]'),"
	           " json_extract(form, '$.portvaktUnit[0]'), g.at"
	           " FROM gone AS g CROSS JOIN affiliations AS f"
	           " ON f.directory = g.directory AND f.anchor = g.anchor",
	           "");
}

void threshold_restore(bool again)
{
	if (!again &&
	    state_number("SELECT count(*) FROM meta WHERE name = 'gone'", ""))
		return;
	restore_deactivations();
	restore_effects();
	state_exec("INSERT OR REPLACE INTO meta VALUES('gone', '1')", "");
}

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * change_guard.c: counts the effects of pending changes for each directory
 * and holds those that look like an accident. */
#include "sync/engine/guard/change_guard.h"

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/strbuf.h"
#include "sync/engine/guard/deactivation_threshold.h"
#include "sync/engine/guard/effect_limits.h"
#include "sync/engine/guard/source_identity_check.h"
#include "sync/engine/source/source_entry.h"
#include "sync/engine/state/state.h"

enum {
	FIRST_DAY = 24 * 60 * 60,
	REEVALUATE_MS = 5000,
	PRUNE_MS = 60000,
	SETTLE_MS = 600,      /* wait until no change came for this long ... */
	SETTLE_MAX_MS = 1200, /* ... but no longer than this */
};

const char *const guard_counted_attributes[] = { "cn",
	                                         "mail",
	                                         "portvaktLogin",
	                                         "portvaktUnit",
	                                         "portvaktUntil",
	                                         "portvaktExpires",
	                                         NULL };

const char *const guard_shared_attributes[] = { "cn", "title", "portvaktUnit",
	                                        "employeeNumber", NULL };

/* Uses the catalogue's createTimestamp, which survives a lost cache. */
bool guard_is_first_day(const char *directory)
{
	return state_number("SELECT count(*) FROM (SELECT 1 FROM affiliations"
	                    " WHERE directory = ?1 AND form IS NOT NULL"
	                    " AND made <= ?2 LIMIT 1)",
	                    "ti", directory, clock_now() - FIRST_DAY) == 0;
}

/* ---- holds */

static void guard_log_holds(const struct guard_evaluation *ev)
{
	static const struct {
		const char *reason, *logged;
	} reasons[] = {
		{ "deactivations", "deactivations" },
		{ "budget", "deactivations-lately" },
		{ "canary", "canary" },
		{ "source", "source" },
		{ "values", "values" },
		{ "roles", "roles" },
		{ "creations", "creations" },
		{ "configuration", "configuration" },
		{ "returns", "returns" },
		{ "kinds", "kinds" },
		{ "dates", "dates" },
		{ "protected", "protected" },
	};

	for (size_t i = 0; i < LENGTH(reasons); i++) {
		int64_t fresh = state_number(
		    "SELECT count(*) FROM to_hold AS g WHERE g.reason = ?2"
		    " AND NOT EXISTS (SELECT 1 FROM held AS h WHERE"
		    " h.directory = ?1 AND h.anchor = g.anchor"
		    " AND h.reason = g.reason)",
		    "tt", ev->directory, reasons[i].reason);

		if (fresh > 0)
			log_event(
			    LOG_SYNC_CHANGE_HELD, "directory", ev->directory,
			    "reason", reasons[i].logged, "held",
			    arena_printf(ev->arena, "%lld", (long long)fresh),
			    "of",
			    arena_printf(
				ev->arena, "%zu",
				threshold_active(ev->directory, SIZE_MAX)),
			    NULL);
	}
}

/* Entries that are no longer held become dirty. */
static void guard_replace_holds(const struct guard_evaluation *ev)
{
	guard_log_holds(ev);
	state_exec(
	    "INSERT OR IGNORE INTO dirty(directory, anchor, at, evaluated)"
	    " SELECT h.directory, h.anchor, 0, 0 FROM held AS h"
	    " WHERE h.directory = ?1 AND NOT EXISTS (SELECT 1 FROM"
	    " to_hold AS g WHERE g.anchor = h.anchor"
	    " AND g.reason = h.reason AND g.mask = h.mask)",
	    "t", ev->directory);
	state_exec("DELETE FROM held WHERE directory = ?1 AND NOT EXISTS"
	           " (SELECT 1 FROM to_hold AS g WHERE g.anchor = held.anchor"
	           " AND g.reason = held.reason AND g.mask = held.mask)",
	           "t", ev->directory);
	state_exec("INSERT OR IGNORE INTO held SELECT ?1, anchor, reason, mask,"
	           " ?2 FROM to_hold",
	           "ti", ev->directory, clock_now());
}

static void guard_evaluate_source(struct guard_evaluation *ev)
{
	ev->is_replaced = source_identity_has_changed(ev->directory);
	ev->went_back = source_went_back(ev->directory);
	state_exec("DELETE FROM to_hold", "");
	effect_limits_evaluate(ev);
	guard_replace_holds(ev);
}

/* ---- changes that are still arriving */

static bool guard_changes_still_arriving(const char *directory)
{
	static const char newest[] =
	    "SELECT max(d.at) FROM dirty AS d JOIN suspects AS s"
	    " ON s.directory = d.directory AND s.anchor = d.anchor"
	    " WHERE d.directory = ?1 AND s.what NOT IN (8, 16)";
	static const char oldest[] =
	    "SELECT min(d.at) FROM dirty AS d JOIN suspects AS s"
	    " ON s.directory = d.directory AND s.anchor = d.anchor"
	    " WHERE d.directory = ?1 AND s.what NOT IN (8, 16) AND d.at > 0";
	int64_t last = state_number(newest, "t", directory);
	int64_t now = state_now_ms();

	/* A clock that was set back must not delay this. */
	return last > 0 && last <= now && now - last < SETTLE_MS &&
	       now - state_number(oldest, "t", directory) < SETTLE_MAX_MS;
}

static void guard_postpone_source(struct arena *a, const char *directory,
                                  json_t *waiting)
{
	size_t count = 0;
	char ***rows = state_rows(a, &count,
	                          "SELECT DISTINCT s.anchor FROM suspects AS s"
	                          " JOIN dirty AS d ON d.directory ="
	                          " s.directory AND d.anchor = s.anchor"
	                          " WHERE s.directory = ?1",
	                          "t", directory);

	for (size_t i = 0; i < count; i++)
		(void)json_object_set_new(
		    waiting, source_entry_key(a, directory, rows[i][0]),
		    json_true());
}

static bool guard_prune_is_due(void)
{
	static int64_t pruned_at;
	int64_t now = clock_monotonic_ms();

	if (pruned_at > 0 && now - pruned_at < PRUNE_MS)
		return false;
	pruned_at = now;
	return true;
}

/* Evaluates every directory with counted effects or holds, also one that is no
 * longer configured: removing it deactivates all its people at once. */
void guard_evaluate(const struct config *cfg, json_t *waiting)
{
	struct arena *a = arena_open();
	size_t count = 0;
	char ***rows = state_rows(a, &count,
	                          "SELECT directory FROM suspects"
	                          " UNION SELECT directory FROM held",
	                          "");
	bool prune = guard_prune_is_due();

	for (size_t i = 0; i < count; i++) {
		struct guard_evaluation ev = { .arena = a,
			                       .cfg = cfg,
			                       .directory = rows[i][0] };

		ev.conf = config_directory(cfg, ev.directory);
		if (prune)
			effect_limits_prune(ev.directory);
		if (guard_changes_still_arriving(ev.directory))
			guard_postpone_source(a, ev.directory, waiting);
		else
			guard_evaluate_source(&ev);
	}
	arena_close(a);
}

int guard_held_mask(const char *directory, const char *anchor)
{
	if (!state_number("SELECT EXISTS (SELECT 1 FROM held"
	                  " WHERE directory = ?1 AND anchor = ?2)",
	                  "tt", directory, anchor))
		return 0;
	return (int)state_number("SELECT sum(mask) FROM (SELECT DISTINCT mask"
	                         " FROM held WHERE directory = ?1"
	                         " AND anchor = ?2)",
	                         "tt", directory, anchor);
}

/* ---- schedule */

static int64_t evaluated_at;

void guard_schedule(void)
{
	evaluated_at = 0;
}

/* Limits how often thousands of held entries are evaluated again. */
bool guard_is_due(void)
{
	if (evaluated_at > 0 &&
	    clock_monotonic_ms() - evaluated_at < REEVALUATE_MS)
		return false;
	evaluated_at = clock_monotonic_ms();
	return true;
}

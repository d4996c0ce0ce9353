/* SPDX-License-Identifier: AGPL-3.0-or-later
 * change_guard.c: counts the effects of pending changes for each directory
 * and holds those that look like an accident. */
#include "sync/engine/guard/change_guard.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/strbuf.h"
#include "sync/engine/guard/approvals.h"
#include "sync/engine/guard/deactivation_threshold.h"
#include "sync/engine/guard/source_identity_check.h"
#include "sync/engine/source/source_entry.h"
#include "sync/engine/state/state.h"

enum {
	WINDOW = 600, /* seconds; creations and role grants count together */
	FIRST_DAY = 24 * 60 * 60,
	ALLOWED_VALUE_LOSSES = 10,
	ALLOWED_ROLE_GRANTS = 3,
	ALLOWED_CREATIONS = 50,
	PERCENT = 5, /* of value losses and role grants */
	CONFIG_CHANGE_PERCENT = 2,
	DEFAULT_CREATIONS_PERCENT = 20, /* for a directory that is no longer
	                                 * configured */
	REEVALUATE_MS = 5000,
	SETTLE_MS = 600,      /* wait until no change came for this long ... */
	SETTLE_MAX_MS = 1200, /* ... but no longer than this */
};

const char *const guard_counted_attributes[] = {
	"cn", "mail", "portvaktLogin", "portvaktUnit", "portvaktUntil", NULL
};

/* ---- thresholds */

static bool guard_exceeds(size_t count, size_t total, size_t minimum,
                          int percent)
{
	size_t share = total * (size_t)percent / 100;

	return count > (share > minimum ? share : minimum);
}

bool guard_too_many_value_losses(size_t count, size_t total)
{
	return guard_exceeds(count, total, ALLOWED_VALUE_LOSSES, PERCENT) ||
	       (count > 2 && count * 2 > total);
}

bool guard_too_many_role_grants(size_t count, size_t total)
{
	return guard_exceeds(count, total, ALLOWED_ROLE_GRANTS, PERCENT);
}

bool guard_too_many_creations(size_t count, size_t total, int percent)
{
	return guard_exceeds(count, total, ALLOWED_CREATIONS, percent);
}

bool guard_too_many_config_changes(size_t count, size_t total)
{
	return guard_exceeds(count, total, ALLOWED_VALUE_LOSSES,
	                     CONFIG_CHANGE_PERCENT) ||
	       (count > 2 && count * 2 > total);
}

/* Uses the catalogue's createTimestamp, which survives a lost cache. */
bool guard_is_first_day(const char *directory)
{
	return state_number("SELECT count(*) FROM (SELECT 1 FROM affiliations"
	                    " WHERE directory = ?1 AND form IS NOT NULL"
	                    " AND made <= ?2 LIMIT 1)",
	                    "ti", directory, clock_now() - FIRST_DAY) == 0;
}

/* ---- one directory */

struct guard_evaluation {
	struct arena *arena;
	const struct config *cfg;
	const struct directory_conf *conf; /* NULL: no longer configured */
	const char *directory;
	size_t total; /* active affiliations */
};

/* Counts entries with this effect that are neither approved nor announced. */
static size_t guard_count(const struct guard_evaluation *ev,
                          enum hold_mask what, const char *detail,
                          const char *approval)
{
	return (size_t)state_number(
	    "SELECT count(DISTINCT s.anchor) FROM suspects AS s"
	    " LEFT JOIN affiliations AS f ON f.directory = s.directory"
	    " AND f.anchor = s.anchor WHERE s.directory = ?1 AND s.what = ?2"
	    " AND (?3 IS NULL OR s.detail = ?3) AND NOT EXISTS"
	    " (SELECT 1 FROM allowed AS x WHERE x.directory = s.directory"
	    "  AND x.anchor = s.anchor AND x.approval = ?4"
	    "  AND x.at > coalesce(f.seen, 0))"
	    " AND NOT (s.what = 1 AND EXISTS (SELECT 1 FROM announced AS n"
	    "  WHERE n.directory = s.directory AND n.anchor = s.anchor))",
	    "titt", ev->directory, (int64_t)what, detail, approval);
}

static void guard_hold(const struct guard_evaluation *ev, enum hold_mask what,
                       const char *detail, const char *approval,
                       const char *reason)
{
	state_exec(
	    "INSERT OR IGNORE INTO to_hold SELECT DISTINCT s.anchor, ?5, ?2"
	    " FROM suspects AS s"
	    " LEFT JOIN affiliations AS f ON f.directory = s.directory"
	    " AND f.anchor = s.anchor WHERE s.directory = ?1 AND s.what = ?2"
	    " AND (?3 IS NULL OR s.detail = ?3) AND NOT EXISTS"
	    " (SELECT 1 FROM allowed AS x WHERE x.directory = s.directory"
	    "  AND x.anchor = s.anchor AND x.approval = ?4"
	    "  AND x.at > coalesce(f.seen, 0))"
	    " AND NOT (s.what = 1 AND EXISTS (SELECT 1 FROM announced AS n"
	    "  WHERE n.directory = s.directory AND n.anchor = s.anchor))",
	    "tittt", ev->directory, (int64_t)what, detail, approval, reason);
}

static void guard_evaluate_deactivations(const struct guard_evaluation *ev,
                                         bool is_replaced)
{
	size_t count = guard_count(ev, HOLD_DEACTIVATE, NULL, "release");
	const char *reason = NULL;

	if (count == 0)
		return;
	if (is_replaced)
		reason = "source";
	else if (ev->conf && source_canary_is_missing(ev->conf))
		reason = "canary";
	else
		reason =
		    threshold_reason(ev->directory, count,
		                     threshold_percent(ev->cfg, ev->directory));
	if (reason)
		guard_hold(ev, HOLD_DEACTIVATE, NULL, "release", reason);
}

static size_t guard_applied_recently(const struct guard_evaluation *ev,
                                     enum hold_mask what, const char *detail)
{
	return (size_t)state_number("SELECT count(*) FROM passed WHERE"
	                            " directory = ?1 AND what = ?2 AND at > ?3"
	                            " AND (?4 IS NULL OR detail = ?4)",
	                            "tiit", ev->directory, (int64_t)what,
	                            clock_now() - WINDOW, detail);
}

static void guard_evaluate_creations(const struct guard_evaluation *ev,
                                     bool is_replaced)
{
	size_t count = guard_count(ev, HOLD_CREATE, NULL, "welcome");
	int percent = ev->conf ? ev->conf->max_creations_percent
	                       : DEFAULT_CREATIONS_PERCENT;

	if (count > 0 && is_replaced)
		guard_hold(ev, HOLD_CREATE, NULL, "welcome", "source");
	else if (count > 0 &&
	         guard_too_many_creations(
		     count + guard_applied_recently(ev, HOLD_CREATE, NULL),
		     ev->total, percent))
		guard_hold(ev, HOLD_CREATE, NULL, "welcome", "creations");
}

static char ***guard_details(const struct guard_evaluation *ev,
                             enum hold_mask what, size_t *ret_count)
{
	return state_rows(ev->arena, ret_count,
	                  "SELECT DISTINCT detail FROM suspects"
	                  " WHERE directory = ?1 AND what = ?2",
	                  "ti", ev->directory, (int64_t)what);
}

static void guard_evaluate_value_losses(const struct guard_evaluation *ev)
{
	size_t count = 0;
	char ***rows = guard_details(ev, HOLD_VALUE_LOSS, &count);

	for (size_t i = 0; i < count; i++)
		if (text_equal(rows[i][0], "protected") ||
		    guard_too_many_value_losses(
			guard_count(ev, HOLD_VALUE_LOSS, rows[i][0], "values"),
			ev->total))
			guard_hold(ev, HOLD_VALUE_LOSS, rows[i][0], "values",
			           "values");
}

static void guard_evaluate_role_grants(const struct guard_evaluation *ev)
{
	size_t count = 0;
	char ***rows = guard_details(ev, HOLD_ROLE_GRANT, &count);

	for (size_t i = 0; i < count; i++) {
		size_t holders =
		    guard_count(ev, HOLD_ROLE_GRANT, rows[i][0], "roles");

		if (holders > 0 &&
		    guard_too_many_role_grants(
			holders + guard_applied_recently(ev, HOLD_ROLE_GRANT,
		                                         rows[i][0]),
			ev->total))
			guard_hold(ev, HOLD_ROLE_GRANT, rows[i][0], "roles",
			           "roles");
	}
}

static void guard_evaluate_config_changes(const struct guard_evaluation *ev)
{
	size_t count =
	    guard_count(ev, HOLD_CONFIG_CHANGE, NULL, "configuration");

	if (guard_too_many_config_changes(count, ev->total) &&
	    !approvals_is_allowed("configuration", ev->directory,
	                          ev->cfg->hash))
		guard_hold(ev, HOLD_CONFIG_CHANGE, NULL, "configuration",
		           "configuration");
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
			    "of", arena_printf(ev->arena, "%zu", ev->total),
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
	    " AND g.reason = h.reason)",
	    "t", ev->directory);
	state_exec("DELETE FROM held WHERE directory = ?1 AND NOT EXISTS"
	           " (SELECT 1 FROM to_hold AS g WHERE g.anchor = held.anchor"
	           " AND g.reason = held.reason)",
	           "t", ev->directory);
	state_exec("INSERT OR IGNORE INTO held SELECT ?1, anchor, reason, mask,"
	           " ?2 FROM to_hold",
	           "ti", ev->directory, clock_now());
}

static void guard_evaluate_source(struct guard_evaluation *ev)
{
	bool is_replaced = source_identity_has_changed(ev->directory);

	state_exec("DELETE FROM to_hold", "");
	ev->total = (size_t)state_number("SELECT count(*) FROM affiliations"
	                                 " WHERE directory = ?1"
	                                 " AND status = 'active'",
	                                 "t", ev->directory);
	guard_evaluate_deactivations(ev, is_replaced);
	guard_evaluate_creations(ev, is_replaced);
	guard_evaluate_value_losses(ev);
	guard_evaluate_role_grants(ev);
	guard_evaluate_config_changes(ev);
	guard_replace_holds(ev);
}

/* ---- changes that are still arriving */

static bool guard_changes_still_arriving(const char *directory)
{
	static const char newest[] =
	    "SELECT max(d.at) FROM dirty AS d JOIN suspects AS s"
	    " ON s.directory = d.directory AND s.anchor = d.anchor"
	    " WHERE d.directory = ?1 AND s.what IN (1, 2, 4)";
	static const char oldest[] =
	    "SELECT min(d.at) FROM dirty AS d JOIN suspects AS s"
	    " ON s.directory = d.directory AND s.anchor = d.anchor"
	    " WHERE d.directory = ?1 AND s.what IN (1, 2, 4) AND d.at > 0";
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

	for (size_t i = 0; i < count; i++) {
		struct guard_evaluation ev = { .arena = a,
			                       .cfg = cfg,
			                       .directory = rows[i][0] };

		ev.conf = config_directory(cfg, ev.directory);
		if (guard_changes_still_arriving(ev.directory))
			guard_postpone_source(a, ev.directory, waiting);
		else
			guard_evaluate_source(&ev);
	}
	state_exec("DELETE FROM passed WHERE at <= ?1", "i",
	           clock_now() - WINDOW);
	arena_close(a);
}

int guard_held_mask(const char *directory, const char *anchor)
{
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

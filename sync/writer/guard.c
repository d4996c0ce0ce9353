/* SPDX-License-Identifier: AGPL-3.0-or-later
 * change_guard.c: counts the effects of pending changes for each directory
 * and holds those that look like an accident. */
#include "sync/writer/guard.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/text.h"
#include "sync/writer/state.h"

enum {
	WINDOW = 600, /* seconds; creations and role grants count together */
	FIRST_DAY = 24 * 60 * 60,
	FEW_VALUES = 10,
	FEW_ROLES = 3,
	FEW_NEW = 50,
	PERCENT = 5, /* of value losses and role grants */
	CONFIGURED_PERCENT = 2,
	USUAL_NEW_PERCENT = 20, /* for a directory that is no longer
				 * configured */
	AGAIN_MS = 5000,
	SETTLE_MS = 600,       /* wait until no change came for this long ... */
	SETTLE_MOST_MS = 1200, /* ... but no longer than this */
};

const char *const guard_important[] = {
	"cn", "mail", "portvaktLogin", "portvaktUnit", "portvaktUntil", NULL
};

/* ---- thresholds */

static bool exceeds(size_t count, size_t total, size_t few, int percent)
{
	size_t share = total * (size_t)percent / 100;

	return count > (share > few ? share : few);
}

bool guard_too_many_values(size_t count, size_t total)
{
	return exceeds(count, total, FEW_VALUES, PERCENT) ||
	       (count > 2 && count * 2 > total);
}

bool guard_too_many_roles(size_t count, size_t total)
{
	return exceeds(count, total, FEW_ROLES, PERCENT);
}

bool guard_too_many_new(size_t count, size_t total, int percent)
{
	return exceeds(count, total, FEW_NEW, percent);
}

bool guard_too_many_configured(size_t count, size_t total)
{
	return exceeds(count, total, FEW_VALUES, CONFIGURED_PERCENT) ||
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

struct weighing {
	struct arena *arena;
	const struct region *region;
	const struct directory_conf *conf; /* NULL: no longer configured */
	const char *directory;
	size_t total; /* active affiliations */
};

/* Counts entries with this effect that are neither approved nor announced. */
static size_t count_of(const struct weighing *w, enum hold what,
                       const char *detail, const char *word)
{
	return (size_t)state_number(
	    "SELECT count(DISTINCT s.anchor) FROM suspects AS s"
	    " LEFT JOIN affiliations AS f ON f.directory = s.directory"
	    " AND f.anchor = s.anchor WHERE s.directory = ?1 AND s.what = ?2"
	    " AND (?3 IS NULL OR s.detail = ?3) AND NOT EXISTS"
	    " (SELECT 1 FROM allowed AS x WHERE x.directory = s.directory"
	    "  AND x.anchor = s.anchor AND x.word = ?4"
	    "  AND x.at > coalesce(f.seen, 0))"
	    " AND NOT (s.what = 1 AND EXISTS (SELECT 1 FROM announced AS n"
	    "  WHERE n.directory = s.directory AND n.anchor = s.anchor))",
	    "titt", w->directory, (int64_t)what, detail, word);
}

static void hold(const struct weighing *w, enum hold what, const char *detail,
                 const char *word, const char *reason)
{
	state_do(
	    "INSERT OR IGNORE INTO to_hold SELECT DISTINCT s.anchor, ?5, ?2"
	    " FROM suspects AS s"
	    " LEFT JOIN affiliations AS f ON f.directory = s.directory"
	    " AND f.anchor = s.anchor WHERE s.directory = ?1 AND s.what = ?2"
	    " AND (?3 IS NULL OR s.detail = ?3) AND NOT EXISTS"
	    " (SELECT 1 FROM allowed AS x WHERE x.directory = s.directory"
	    "  AND x.anchor = s.anchor AND x.word = ?4"
	    "  AND x.at > coalesce(f.seen, 0))"
	    " AND NOT (s.what = 1 AND EXISTS (SELECT 1 FROM announced AS n"
	    "  WHERE n.directory = s.directory AND n.anchor = s.anchor))",
	    "tittt", w->directory, (int64_t)what, detail, word, reason);
}

static void weigh_leavers(const struct weighing *w, bool strange)
{
	size_t count = count_of(w, HOLD_LEAVING, NULL, "release");
	const char *reason = NULL;

	if (count == 0)
		return;
	if (strange)
		reason = "source";
	else if (w->conf && source_is_silent(w->conf))
		reason = "canary";
	else
		reason =
		    brake_reason(w->directory, count,
		                 brake_percent_of(w->region, w->directory));
	if (reason)
		hold(w, HOLD_LEAVING, NULL, "release", reason);
}

static size_t passed_lately(const struct weighing *w, enum hold what,
                            const char *detail)
{
	return (size_t)state_number("SELECT count(*) FROM passed WHERE"
	                            " directory = ?1 AND what = ?2 AND at > ?3"
	                            " AND (?4 IS NULL OR detail = ?4)",
	                            "tiit", w->directory, (int64_t)what,
	                            clock_now() - WINDOW, detail);
}

static void weigh_newcomers(const struct weighing *w, bool strange)
{
	size_t count = count_of(w, HOLD_NEWCOMER, NULL, "welcome");
	int percent = w->conf ? w->conf->newcomers_percent : USUAL_NEW_PERCENT;

	if (count > 0 && strange)
		hold(w, HOLD_NEWCOMER, NULL, "welcome", "source");
	else if (count > 0 && guard_too_many_new(
				  count + passed_lately(w, HOLD_NEWCOMER, NULL),
				  w->total, percent))
		hold(w, HOLD_NEWCOMER, NULL, "welcome", "newcomers");
}

static char ***details_of(const struct weighing *w, enum hold what,
                          size_t *ret_count)
{
	return state_rows(w->arena, ret_count,
	                  "SELECT DISTINCT detail FROM suspects"
	                  " WHERE directory = ?1 AND what = ?2",
	                  "ti", w->directory, (int64_t)what);
}

static void weigh_values(const struct weighing *w)
{
	size_t count = 0;
	char ***rows = details_of(w, HOLD_VALUES, &count);

	for (size_t i = 0; i < count; i++)
		if (text_equal(rows[i][0], "protected") ||
		    guard_too_many_values(
			count_of(w, HOLD_VALUES, rows[i][0], "values"),
			w->total))
			hold(w, HOLD_VALUES, rows[i][0], "values", "values");
}

static void weigh_roles(const struct weighing *w)
{
	size_t count = 0;
	char ***rows = details_of(w, HOLD_ROLES, &count);

	for (size_t i = 0; i < count; i++) {
		size_t holders = count_of(w, HOLD_ROLES, rows[i][0], "roles");

		if (holders > 0 &&
		    guard_too_many_roles(
			holders + passed_lately(w, HOLD_ROLES, rows[i][0]),
			w->total))
			hold(w, HOLD_ROLES, rows[i][0], "roles", "roles");
	}
}

static void weigh_configured(const struct weighing *w)
{
	size_t count = count_of(w, HOLD_CONFIGURATION, NULL, "configuration");

	if (guard_too_many_configured(count, w->total) &&
	    !allow_is("configuration", w->directory, w->region->hash))
		hold(w, HOLD_CONFIGURATION, NULL, "configuration",
		     "configuration");
}

/* ---- holds */

static void tell_held(const struct weighing *w)
{
	static const struct {
		const char *reason, *text;
	} texts[] = {
		{ "brake", "too many would leave, they are held" },
		{ "budget", "too many have left lately, the next are held" },
		{ "canary", "the canary is not there, leavers are held" },
		{ "source", "it is another directory, who comes or goes is "
		            "held" },
		{ "values", "too many would lose a value, it is kept" },
		{ "roles", "too many would be given a role, it is held back" },
		{ "newcomers", "too many are new, they wait" },
		{ "configuration", "the new configuration would change too "
		                   "many, they stay as they are" },
	};

	for (size_t i = 0; i < LENGTH(texts); i++) {
		int64_t fresh = state_number(
		    "SELECT count(*) FROM to_hold AS g WHERE g.reason = ?2"
		    " AND NOT EXISTS (SELECT 1 FROM held AS h WHERE"
		    " h.directory = ?1 AND h.anchor = g.anchor"
		    " AND h.reason = g.reason)",
		    "tt", w->directory, texts[i].reason);

		if (fresh > 0)
			log_warn(
			    texts[i].text, "directory", w->directory, "held",
			    arena_print(w->arena, "%lld", (long long)fresh),
			    "of", arena_print(w->arena, "%zu", w->total), NULL);
	}
}

/* Entries that are no longer held become dirty. */
static void take_holding(const struct weighing *w)
{
	tell_held(w);
	state_do("INSERT OR IGNORE INTO dirty(directory, anchor, at, judged)"
	         " SELECT h.directory, h.anchor, 0, 0 FROM held AS h"
	         " WHERE h.directory = ?1 AND NOT EXISTS (SELECT 1 FROM"
	         " to_hold AS g WHERE g.anchor = h.anchor"
	         " AND g.reason = h.reason)",
	         "t", w->directory);
	state_do("DELETE FROM held WHERE directory = ?1 AND NOT EXISTS"
	         " (SELECT 1 FROM to_hold AS g WHERE g.anchor = held.anchor"
	         " AND g.reason = held.reason)",
	         "t", w->directory);
	state_do("INSERT OR IGNORE INTO held SELECT ?1, anchor, reason, mask,"
	         " ?2 FROM to_hold",
	         "ti", w->directory, clock_now());
}

static void weigh(struct weighing *w)
{
	bool strange = source_is_strange(w->directory);

	state_do("DELETE FROM to_hold", "");
	w->total = (size_t)state_number("SELECT count(*) FROM affiliations"
	                                " WHERE directory = ?1"
	                                " AND status = 'active'",
	                                "t", w->directory);
	weigh_leavers(w, strange);
	weigh_newcomers(w, strange);
	weigh_values(w);
	weigh_roles(w);
	weigh_configured(w);
	take_holding(w);
}

/* ---- changes that are still arriving */

static bool still_coming(const char *directory)
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
	int64_t now = now_ms();

	/* A clock that was set back must not delay this. */
	return last > 0 && last <= now && now - last < SETTLE_MS &&
	       now - state_number(oldest, "t", directory) < SETTLE_MOST_MS;
}

static void wait_for(struct arena *a, const char *directory, json_t *waiting)
{
	size_t count = 0;
	char ***rows = state_rows(a, &count,
	                          "SELECT DISTINCT s.anchor FROM suspects AS s"
	                          " JOIN dirty AS d ON d.directory ="
	                          " s.directory AND d.anchor = s.anchor"
	                          " WHERE s.directory = ?1",
	                          "t", directory);

	for (size_t i = 0; i < count; i++)
		(void)json_object_set_new(waiting,
		                          record_name(a, directory, rows[i][0]),
		                          json_true());
}

/* Evaluates every directory with counted effects or holds, also one that is no
 * longer configured: removing it deactivates all its people at once. */
void guard_look(const struct region *r, json_t *waiting)
{
	struct arena *a = arena_open();
	size_t count = 0;
	char ***rows = state_rows(a, &count,
	                          "SELECT directory FROM suspects"
	                          " UNION SELECT directory FROM held",
	                          "");

	for (size_t i = 0; i < count; i++) {
		struct weighing w = { .arena = a,
			              .region = r,
			              .directory = rows[i][0] };

		w.conf = region_directory(r, w.directory);
		if (still_coming(w.directory))
			wait_for(a, w.directory, waiting);
		else
			weigh(&w);
	}
	state_do("DELETE FROM passed WHERE at <= ?1", "i",
	         clock_now() - WINDOW);
	arena_close(a);
}

int guard_holds(const char *directory, const char *anchor)
{
	return (int)state_number("SELECT sum(mask) FROM (SELECT DISTINCT mask"
	                         " FROM held WHERE directory = ?1"
	                         " AND anchor = ?2)",
	                         "tt", directory, anchor);
}

/* ---- schedule */

static int64_t looked_at;

void guard_soon(void)
{
	looked_at = 0;
}

/* Limits how often thousands of held entries are evaluated again. */
bool guard_is_due(void)
{
	if (looked_at > 0 && clock_monotonic_ms() - looked_at < AGAIN_MS)
		return false;
	looked_at = clock_monotonic_ms();
	return true;
}

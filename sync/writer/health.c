/* SPDX-License-Identifier: AGPL-3.0-or-later
 * health.c: the state of each source directory: `portvaktctl sync status` for
 * operators, and metrics as one JSON object per line. */
#include "lib/clock.h"
#include "lib/text.h"
#include "sync/writer/control.h"
#include "sync/writer/groups.h"
#include "sync/writer/guard.h"
#include "sync/writer/state.h"

/* Counts of one directory.  A person may be held for several reasons, so the
 * total counts distinct anchors. */
static const char entries[] = "SELECT count(*) FROM records WHERE directory ="
			      " ?1 AND class = 'person'";
static const char active[] = "SELECT count(*) FROM affiliations WHERE"
			     " directory = ?1 AND status = 'active'";
static const char suspended[] = "SELECT count(*) FROM affiliations WHERE"
				" directory = ?1 AND status = 'suspended'";
static const char waiting[] = "SELECT count(*) FROM dirty WHERE"
			      " directory = ?1";
static const char doubtful[] = "SELECT count(*) FROM quarantine WHERE"
			       " directory = ?1";
static const char held[] = "SELECT count(DISTINCT anchor) FROM held WHERE"
			   " directory = ?1";
static const char first_waiting[] = "SELECT min(at) FROM dirty WHERE"
				    " directory = ?1 AND at > 0";

static const struct {
	const char *reason, *text;
} held_texts[] = {
	{ "brake", "would leave at once; until they are back, or `portvaktctl "
	           "sync release" },
	{ "budget", "would leave, after many others within a day or a week; "
	            "until they are back, or `portvaktctl sync release" },
	{ "canary", "would leave, and the canary is not there; until it is, "
	            "or `portvaktctl sync release" },
	{ "source", "would leave or come, and it is another directory than "
	            "before; until it is the former, or `portvaktctl sync "
	            "accept source" },
	{ "values", "would lose a value or are no longer disabled, all at "
	            "once; until it is back, or `portvaktctl sync accept "
	            "values" },
	{ "roles", "would be given a role at once; until they are not, or "
	           "`portvaktctl sync accept roles" },
	{ "newcomers", "are new at once; until `portvaktctl sync welcome" },
	{ "configuration", "would be changed by the new configuration; until "
	                   "it is another, or `portvaktctl sync accept "
	                   "configuration" },
};

static int64_t held_for(const char *directory, const char *reason)
{
	return state_number("SELECT count(*) FROM held WHERE directory = ?1"
	                    " AND reason = ?2",
	                    "tt", directory, reason);
}

/* A row of "sources", or defaults. */
struct source {
	int64_t heard_at, changed_at, full_at, error_at;
	const char *state, *error;
};

static int64_t number(const char *text)
{
	long long n = 0;

	return text && text_to_number(text, 0, INT64_MAX, &n) ? n : 0;
}

static struct source source_of(const struct question *q, const char *name)
{
	const struct directory_conf *d = region_directory(q->region, name);
	size_t count = 0;
	char ***rows = state_rows(q->arena, &count,
	                          "SELECT heard_at, changed_at, full_at,"
	                          " error_at, state, error FROM sources"
	                          " WHERE directory = ?1",
	                          "t", name);
	struct source s = { .state = "never heard" };

	if (count > 0)
		s = (struct source){
			number(rows[0][0]),          number(rows[0][1]),
			number(rows[0][2]),          number(rows[0][3]),
			rows[0][4] ?: "never heard", rows[0][5]
		};
	if (!d)
		s.state = "not configured";
	else if (d->rehearse)
		s.state = "rehearsed";
	return s;
}

/* ---- status */

static void tell_held(const struct question *q, const char *name)
{
	for (size_t i = 0; i < LENGTH(held_texts); i++) {
		int64_t count = held_for(name, held_texts[i].reason);

		if (count > 0)
			answer_line(q, "%s: held %s: %lld people %s %s`", name,
			            held_texts[i].reason, (long long)count,
			            held_texts[i].text, name);
	}
}

static long long asked(const char *sql, const char *name)
{
	return (long long)state_number(sql, "t", name);
}

/* The health note of its connector. */
static void tell_reader(const struct question *q, const char *name)
{
	char *text =
	    state_text(q->arena, "SELECT value FROM meta WHERE name = ?1", "t",
	               arena_print(q->arena, "health %s", name));

	if (text)
		answer_line(q, "%s: %s", name, text);
}

static void tell_directory(const struct question *q, const char *name)
{
	struct source s = source_of(q, name);
	int percent = brake_percent_of(q->region, name);

	answer_line(q,
	            "%s: %lld entries, %lld active, %lld suspended, %lld "
	            "waiting, %lld doubtful, %lld held, seen whole %s",
	            name, asked(entries, name), asked(active, name),
	            asked(suspended, name), asked(waiting, name),
	            asked(doubtful, name), asked(held, name),
	            s.full_at > 0 ? clock_iso(q->arena, s.full_at) : "never");
	answer_line(
	    q,
	    "%s: %s, last change %s, left %zu of %zu a day and %zu of "
	    "%zu a week%s%s",
	    name, s.state,
	    s.changed_at > 0 ? clock_iso(q->arena, s.changed_at) : "never",
	    brake_left(name, BRAKE_DAY), brake_most(name, BRAKE_DAY, percent),
	    brake_left(name, BRAKE_WEEK), brake_most(name, BRAKE_WEEK, percent),
	    s.error ? ", error: " : "", s.error ?: "");
	tell_held(q, name);
	groups_tell_held(q, name);
	tell_reader(q, name);
}

/* Directories no longer configured that still have people. */
static void each_former(const struct question *q,
                        void (*tell)(const struct question *q,
                                     const char *name))
{
	size_t count = 0;
	char ***rows = state_rows(
	    q->arena, &count,
	    "SELECT DISTINCT directory FROM affiliations ORDER BY 1", "");

	for (size_t i = 0; i < count; i++)
		if (!region_directory(q->region, rows[i][0]))
			tell(q, rows[i][0]);
}

static void tell_former(const struct question *q, const char *name)
{
	answer_line(q, "%s: is not in the configuration", name);
	tell_directory(q, name);
}

static void tell_doubts(const struct question *q)
{
	size_t count = 0;
	char ***rows = state_rows(q->arena, &count,
	                          "SELECT directory, anchor, reason"
	                          " FROM quarantine ORDER BY 1, 2 LIMIT 50",
	                          "");

	for (size_t i = 0; i < count; i++)
		answer_line(q, "doubtful %s:%s %s", rows[i][0], rows[i][1],
		            rows[i][2]);
}

static void tell_drift(const struct question *q)
{
	size_t count = 0;
	char ***rows = state_rows(q->arena, &count,
	                          "SELECT n.value, t.value FROM meta AS n JOIN"
	                          " meta AS t ON t.name = 'drift_at'"
	                          " WHERE n.name = 'drift'",
	                          "");

	if (count > 0)
		answer_line(q,
		            "catalogue: %s entries had been changed by "
		            "somebody else, found %s",
		            rows[0][0],
		            clock_iso(q->arena, number(rows[0][1])));
}

bool health_status(const struct question *q, char **words, struct fault *why)
{
	(void)words, (void)why;
	for (size_t i = 0; i < q->region->directory_count; i++)
		tell_directory(q, q->region->directories[i].name);
	each_former(q, tell_former);
	tell_doubts(q);
	tell_drift(q);
	return true;
}

/* ---- metrics: released names do not change */

static void put_number(json_t *to, const char *name, int64_t value)
{
	(void)json_object_set_new(to, name, json_integer(value));
}

static void put_time(const struct question *q, json_t *to, const char *name,
                     int64_t when)
{
	js_put(to, name, when > 0 ? clock_iso(q->arena, when) : NULL);
}

static int64_t age_of(int64_t when)
{
	int64_t now = clock_now();

	return when > 0 && when < now ? now - when : 0;
}

static void put_held(json_t *to, const char *name)
{
	json_t *by_reason = json_object();

	for (size_t i = 0; i < LENGTH(held_texts); i++)
		put_number(by_reason, held_texts[i].reason,
		           held_for(name, held_texts[i].reason));
	(void)json_object_set_new(to, "held", by_reason);
}

static void put_budgets(const struct question *q, json_t *to, const char *name)
{
	int percent = brake_percent_of(q->region, name);

	put_number(to, "left_day", (int64_t)brake_left(name, BRAKE_DAY));
	put_number(to, "budget_day",
	           (int64_t)brake_most(name, BRAKE_DAY, percent));
	put_number(to, "left_week", (int64_t)brake_left(name, BRAKE_WEEK));
	put_number(to, "budget_week",
	           (int64_t)brake_most(name, BRAKE_WEEK, percent));
}

static void tell_health_of(const struct question *q, const char *name)
{
	json_t *line = js_keep(q->arena, json_pack("{s:i}", "v", 1));
	struct source s = source_of(q, name);
	int64_t first = state_number(first_waiting, "t", name) / 1000;

	js_put(line, "directory", name);
	js_put(line, "state", s.state);
	put_number(line, "entries", asked(entries, name));
	put_number(line, "active", asked(active, name));
	put_number(line, "suspended", asked(suspended, name));
	put_number(line, "waiting", asked(waiting, name));
	put_number(line, "doubtful", asked(doubtful, name));
	put_held(line, name);
	put_number(line, "lag", age_of(first));
	if (s.full_at > 0)
		put_number(line, "age", age_of(s.full_at));
	put_time(q, line, "last_change", s.changed_at);
	put_time(q, line, "last_whole", s.full_at);
	put_time(q, line, "last_error", s.error_at);
	js_put(line, "error", s.error);
	put_budgets(q, line, name);
	answer_line(q, "%s", js_write(q->arena, line));
}

bool health_figures(const struct question *q, char **words, struct fault *why)
{
	json_t *line = js_keep(q->arena, json_pack("{s:i}", "v", 1));

	(void)words, (void)why;
	for (size_t i = 0; i < q->region->directory_count; i++)
		tell_health_of(q, q->region->directories[i].name);
	each_former(q, tell_health_of);
	put_number(
	    line, "drift",
	    state_number("SELECT value FROM meta WHERE name = 'drift'", ""));
	put_time(q, line, "drift_at",
	         state_number("SELECT value FROM meta"
	                      " WHERE name = 'drift_at'",
	                      ""));
	answer_line(q, "%s", js_write(q->arena, line));
	return true;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * pending_changes.c: lists pending changes, held changes with their reasons,
 * and the entries that a release, welcome or accept would approve. */
#include "lib/text.h"
#include "sync/writer/control.h"
#include "sync/writer/guard.h"
#include "sync/writer/state.h"

/* ---- plan */

static size_t tell_steps(const struct question *q)
{
	size_t count = 0;
	size_t steps = 0;
	char ***rows =
	    state_rows(q->arena, &count,
	               "SELECT DISTINCT f.person FROM affiliations AS f JOIN"
	               " (SELECT directory, anchor FROM dirty UNION"
	               " SELECT directory, anchor FROM held) AS d"
	               " ON d.directory = f.directory AND d.anchor = f.anchor"
	               " ORDER BY 1",
	               "");

	for (size_t i = 0; i < count; i++) {
		struct arena *a = arena_open();
		struct plan p = plan_person(a, q->region, rows[i][0], NULL);

		for (size_t s = 0; s < p.count; s++, steps++)
			answer_line(q, "%s", step_line(a, &p.steps[s]));
		arena_close(a);
	}
	return steps;
}

/* Includes the held change: an attribute, a role, a municipality. */
static size_t tell_held(const struct question *q)
{
	size_t count = 0;
	char ***rows =
	    state_rows(q->arena, &count,
	               "SELECT h.directory, h.anchor, h.reason, s.detail, r.dn"
	               " FROM held AS h LEFT JOIN suspects AS s"
	               " ON s.directory = h.directory AND s.anchor = h.anchor"
	               " AND s.what = h.mask LEFT JOIN records AS r"
	               " ON r.directory = h.directory AND r.anchor = h.anchor"
	               " ORDER BY 1, 3, 2, 4",
	               "");

	for (size_t i = 0; i < count; i++)
		answer_line(q, "held %s:%s %s %s (%s)", rows[i][0], rows[i][1],
		            rows[i][2], rows[i][3] ?: "",
		            rows[i][4] ?: "no entry");
	return count;
}

bool preview_plan(const struct question *q, char **words, struct fault *why)
{
	(void)words, (void)why;
	size_t steps = tell_steps(q);
	size_t kept = tell_held(q);

	answer_line(q, "%zu steps, %zu held", steps, kept);
	return true;
}

/* ---- release, welcome, accept */

static bool tell_list(const struct question *q, const char *directory,
                      enum hold what)
{
	size_t count = 0;
	char ***rows =
	    state_rows(q->arena, &count,
	               "SELECT DISTINCT directory || ':' || anchor FROM held"
	               " WHERE directory = ?1 AND mask = ?2 ORDER BY 1",
	               "ti", directory, (int64_t)what);

	for (size_t i = 0; i < count; i++)
		answer_line(q, "%s", rows[i][0]);
	return count > 0;
}

/* Held losses of group members are released together with leavers. */
static bool groups_are_held(const char *directory)
{
	return state_number("SELECT count(*) FROM regroup WHERE directory = ?1"
	                    " AND held IN (1, 2)",
	                    "t", directory) > 0;
}

static bool is_held_for(const char *directory, const char *reason)
{
	return state_number("SELECT count(*) FROM held WHERE directory = ?1"
	                    " AND reason = ?2",
	                    "tt", directory, reason) > 0;
}

static bool tell_evidence(const struct question *q, const char *directory,
                          const char *reason, struct fault *why)
{
	const char *evidence = text_equal(reason, "source")
	                           ? source_says(q->arena, directory)
	                           : q->region->hash;

	if (!is_held_for(directory, reason))
		return fault(why, FAULT_INVALID, "nothing of that is held");
	answer_line(q, "%s", evidence);
	return true;
}

static const struct {
	const char *word;
	enum hold what; /* 0: evidence, not a list */
} lists[] = {
	{ "leavers", HOLD_LEAVING },
	{ "newcomers", HOLD_NEWCOMER },
	{ "values", HOLD_VALUES },
	{ "roles", HOLD_ROLES },
	{ "source", 0 },
	{ "configuration", 0 },
};

bool preview_release(const struct question *q, char **words, struct fault *why)
{
	const char *directory = words[1];
	const char *word = directory && words[2] ? words[2] : "leavers";

	if (!directory || !control_knows(q, directory))
		return fault(why, FAULT_INVALID, "which directory?");
	for (size_t i = 0; i < LENGTH(lists); i++) {
		if (!text_equal(word, lists[i].word))
			continue;
		if (!lists[i].what)
			return tell_evidence(q, directory, word, why);
		if (tell_list(q, directory, lists[i].what) ||
		    (lists[i].what == HOLD_LEAVING &&
		     groups_are_held(directory)))
			return true;
		return fault(why, FAULT_INVALID, "nothing of that is held");
	}
	return fault(why, FAULT_INVALID,
	             "release knows leavers, newcomers, values, roles, source "
	             "and configuration");
}

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * pending_changes.c: lists pending changes, held changes with their reasons,
 * and the entries that an approval would cover. */
#include "sync/engine/report/reports.h"

#include "lib/strbuf.h"
#include "sync/engine/guard/change_guard.h"
#include "sync/engine/guard/source_identity_check.h"
#include "sync/engine/provision/reconcile_plan.h"
#include "sync/engine/report/report_entry.h"
#include "sync/engine/source/source_state.h"
#include "sync/engine/state/state.h"

/* ---- pending */

static size_t pending_show_steps(const struct ipc_request *q)
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
		struct plan p = plan_person(a, q->cfg, rows[i][0], NULL);

		for (size_t s = 0; s < p.count; s++, steps++)
			ipc_reply_line(q, "%s", plan_step_line(a, &p.steps[s]));
		arena_close(a);
	}
	return steps;
}

/* Includes the held change: an attribute, a role, a municipality; not of a
 * protected entry, because it can contain the value. */
static size_t pending_show_held(const struct ipc_request *q)
{
	size_t count = 0;
	char ***rows =
	    state_rows(q->arena, &count,
	               "SELECT h.directory, h.anchor, h.reason, s.detail"
	               " FROM held AS h LEFT JOIN suspects AS s"
	               " ON s.directory = h.directory AND s.anchor = h.anchor"
	               " AND s.what = h.mask ORDER BY 1, 3, 2, 4",
	               "");

	for (size_t i = 0; i < count; i++) {
		char **row = rows[i];
		bool hides = false;
		const char *text =
		    report_entry_text(q->arena, row[0], row[1], &hides);
		const char *detail = hides || !row[3] ? "" : row[3];

		ipc_reply_line(q, "held %s: %s%s%s", text, row[2],
		               *detail ? " " : "", detail);
	}
	return count;
}

bool pending_changes_show(const struct ipc_request *q, char **argv,
                          struct error *err)
{
	(void)argv, (void)err;
	size_t steps = pending_show_steps(q);
	size_t held = pending_show_held(q);

	ipc_reply_line(q, "%zu steps, %zu held", steps, held);
	return true;
}

/* ---- held */

static bool pending_show_subjects(const struct ipc_request *q,
                                  const char *directory, int what)
{
	size_t count = 0;
	char ***rows =
	    state_rows(q->arena, &count,
	               "SELECT DISTINCT directory || ':' || anchor FROM held"
	               " WHERE directory = ?1 AND (mask & ?2) <> 0 ORDER BY 1",
	               "ti", directory, (int64_t)what);

	for (size_t i = 0; i < count; i++)
		ipc_reply_line(q, "%s", rows[i][0]);
	return count > 0;
}

/* Held losses of group members are approved together with deactivations. */
static bool pending_groups_are_held(const char *directory)
{
	return state_number("SELECT count(*) FROM regroup WHERE directory = ?1"
	                    " AND held IN (1, 2)",
	                    "t", directory) > 0;
}

static bool pending_is_held_for(const char *directory, const char *reason)
{
	return state_number("SELECT count(*) FROM held WHERE directory = ?1"
	                    " AND reason = ?2",
	                    "tt", directory, reason) > 0;
}

/* The identity of another directory, or the time of a restored one. */
static void pending_show_source_evidence(const struct ipc_request *q,
                                         const char *directory)
{
	const char *went_back =
	    source_went_back(directory)
		? source_went_back_evidence(q->arena, directory)
		: NULL;

	if (went_back)
		ipc_reply_line(q, "%s", went_back);
	if (!went_back || source_identity_has_changed(directory))
		ipc_reply_line(q, "%s",
		               source_identity_current(q->arena, directory));
}

static bool pending_show_evidence(const struct ipc_request *q,
                                  const char *directory, const char *reason,
                                  struct error *err)
{
	bool is_source = text_equal(reason, "source");

	if (!pending_is_held_for(directory, reason) &&
	    !(is_source && source_went_back(directory)))
		return error_set(err, ERROR_INVALID, "no such change is held");
	if (is_source)
		pending_show_source_evidence(q, directory);
	else
		ipc_reply_line(q, "%s", q->cfg->hash);
	return true;
}

static const struct {
	const char *keyword;
	int what; /* enum hold_mask; 0: evidence, not a list */
} held_lists[] = {
	{ "deactivations", HOLD_DEACTIVATE },
	{ "creations", HOLD_CREATE },
	{ "values", HOLD_VALUE_LOSS | HOLD_NAME_CHANGE | HOLD_SAME_VALUE },
	{ "roles", HOLD_ROLE_GRANT | HOLD_ROLE_LOSS },
	{ "returns", HOLD_RETURN },
	{ "kinds", HOLD_KIND | HOLD_KIND_UP },
	{ "dates", HOLD_END_DATE },
	{ "protected", HOLD_PROTECTED },
	{ "source", 0 },
	{ "configuration", 0 },
};

bool pending_held_show(const struct ipc_request *q, char **argv,
                       struct error *err)
{
	const char *directory = argv[1];
	const char *keyword = directory && argv[2] ? argv[2] : "deactivations";

	if (!directory || !source_is_known(q->cfg, directory))
		return error_set(err, ERROR_INVALID,
		                 "unknown or missing directory");
	for (size_t i = 0; i < LENGTH(held_lists); i++) {
		if (!text_equal(keyword, held_lists[i].keyword))
			continue;
		if (!held_lists[i].what)
			return pending_show_evidence(q, directory, keyword,
			                             err);
		if (pending_show_subjects(q, directory, held_lists[i].what) ||
		    (held_lists[i].what == HOLD_DEACTIVATE &&
		     pending_groups_are_held(directory)))
			return true;
		return error_set(err, ERROR_INVALID, "no such change is held");
	}
	return error_set(
	    err, ERROR_INVALID,
	    "usage: held DIRECTORY deactivations|creations|values|roles|"
	    "returns|kinds|dates|protected|source|configuration");
}

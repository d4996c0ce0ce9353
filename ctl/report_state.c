/* SPDX-License-Identifier: AGPL-3.0-or-later
 * report_state.c: decides in which list of the daily report a directory is, and
 * why. */
#include "ctl/report_state.h"

#include "lib/strbuf.h"

enum {
	DAY_S = 24 * 60 * 60,
	FULL_SYNC_OVERDUE_S = 30 * 60 * 60,
	BACKLOG_S = 15 * 60,
	MANY_SUSPENDED_MINIMUM = 5, /* and a third */
	CERTIFICATE_URGENT_S = 7 * DAY_S,
	CERTIFICATE_SOON_S = 30 * DAY_S,
};

int64_t report_held_count(const json_t *health)
{
	const char *reason;
	json_t *count;
	int64_t total = 0;

	json_object_foreach(js_object(health, "held"), reason, count)
	{
		total += json_integer_value(count);
	}
	return total;
}

static bool report_has_error(const json_t *health)
{
	return js_string(health, "error") != NULL;
}

static bool report_is_unconfigured(const json_t *health)
{
	return text_equal(js_string(health, "state"), "not configured");
}

static bool report_was_never_synced(const json_t *health)
{
	return !json_object_get(health, "full_sync_age");
}

static bool report_is_overdue(const json_t *health)
{
	return js_number(health, "full_sync_age", 0) > FULL_SYNC_OVERDUE_S;
}

/* Held changes wait for an approval, not for the catalogue. */
static bool report_has_backlog(const json_t *health)
{
	return js_number(health, "lag", 0) > BACKLOG_S &&
	       report_held_count(health) == 0;
}

static bool report_has_held(const json_t *health)
{
	return report_held_count(health) > 0;
}

static bool report_has_held_groups(const json_t *health)
{
	return js_number(health, "groups_held", 0) > 0;
}

static bool report_has_quarantined(const json_t *health)
{
	return js_number(health, "quarantined", 0) > 0;
}

static bool report_has_values_not_taken(const json_t *health)
{
	return js_number(health, "not_taken", 0) > 0;
}

static bool report_has_unreadable_dates(const json_t *health)
{
	return js_number(health, "dates_unreadable", 0) > 0;
}

static bool report_has_name_conflicts(const json_t *health)
{
	return js_number(health, "name_conflicts", 0) > 0;
}

static bool report_has_doubts_elsewhere(const json_t *health)
{
	return js_number(health, "quarantined_elsewhere", 0) > 0;
}

static const struct {
	enum report_problem problem;
	bool (*applies)(const json_t *health);
} report_conditions[] = {
	{ PROBLEM_UNCONFIGURED, report_is_unconfigured },
	{ PROBLEM_UNREADABLE, report_has_error },
	{ PROBLEM_NEVER_SYNCED, report_was_never_synced },
	{ PROBLEM_OVERDUE, report_is_overdue },
	{ PROBLEM_BACKLOG, report_has_backlog },
	{ PROBLEM_HELD, report_has_held },
	{ PROBLEM_GROUPS_HELD, report_has_held_groups },
	{ PROBLEM_QUARANTINED, report_has_quarantined },
	{ PROBLEM_NOT_TAKEN, report_has_values_not_taken },
	{ PROBLEM_DATES, report_has_unreadable_dates },
	{ PROBLEM_NAMES, report_has_name_conflicts },
	{ PROBLEM_ELSEWHERE, report_has_doubts_elsewhere },
};

static bool report_many_are_suspended(const json_t *health,
                                      const json_t *changes)
{
	int64_t suspended = js_number(changes, "suspended", 0);
	int64_t before = js_number(health, "active", 0) + suspended;

	return suspended >= MANY_SUSPENDED_MINIMUM && suspended * 3 >= before;
}

static int64_t report_certificate_left(const json_t *health, int64_t now)
{
	int64_t ends = js_number(health, "certificate_expires", 0);

	return ends > 0 ? ends - now : INT64_MAX;
}

unsigned report_problems(const json_t *health, const json_t *changes,
                         int64_t now)
{
	unsigned found = 0;

	if (!health)
		return PROBLEM_NO_STATUS;
	for (size_t i = 0; i < LENGTH(report_conditions); i++)
		if (report_conditions[i].applies(health))
			found |= report_conditions[i].problem;
	if (report_many_are_suspended(health, changes))
		found |= PROBLEM_MANY_SUSPENDED;
	if (report_certificate_left(health, now) < CERTIFICATE_URGENT_S)
		found |= PROBLEM_CERTIFICATE;
	return found;
}

enum report_list report_list_of(const json_t *health, unsigned problems)
{
	if (problems != 0)
		return LIST_TODO;
	return text_equal(js_string(health, "state"), "dry-run") ? LIST_DRY_RUN
	                                                         : LIST_WELL;
}

int64_t report_certificate_soon(const json_t *health, int64_t now)
{
	int64_t left = report_certificate_left(health, now);

	return left >= CERTIFICATE_URGENT_S && left < CERTIFICATE_SOON_S
	           ? now + left
	           : 0;
}

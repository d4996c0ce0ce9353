/* SPDX-License-Identifier: AGPL-3.0-or-later
 * deactivation_threshold.c: how many affiliations of a directory may be
 * deactivated at once, in a day and in a week.  An emptied directory looks
 * like a municipality where all people left; the budgets catch one that is
 * emptied slowly. */
#include <string.h>

#include "lib/clock.h"
#include "lib/text.h"
#include "sync/writer/guard.h"
#include "sync/writer/state.h"

enum {
	FEW = 10,          /* always allowed */
	USUAL_PERCENT = 2, /* for a directory that is no longer configured */
	WINDOW = 600,      /* seconds; deactivations within it count together */
	DAY_PERCENT = 5,
	WEEK_PERCENT = 10,
};

static size_t allowance(size_t total, int percent)
{
	size_t share = total * (size_t)percent / 100;

	return share > FEW ? share : FEW;
}

bool brake_holds(size_t leaving, size_t total, int percent)
{
	if (leaving == 0)
		return false;
	if (leaving >= total)
		return true;
	return leaving > allowance(total, percent) || leaving * 2 > total;
}

bool brake_exhausted(size_t leaving, size_t total, int percent)
{
	return leaving > allowance(total, percent);
}

/* A higher configured percentage also raises the daily and weekly budget. */
static int percent_of(int64_t seconds, int percent)
{
	int usual = seconds <= BRAKE_DAY ? DAY_PERCENT : WEEK_PERCENT;

	return percent > usual ? percent : usual;
}

int brake_percent_of(const struct region *r, const char *directory)
{
	const struct directory_conf *d = region_directory(r, directory);

	return d ? d->brake_percent : USUAL_PERCENT;
}

size_t brake_left(const char *directory, int64_t seconds)
{
	return (size_t)state_number("SELECT count(*) FROM gone WHERE"
	                            " directory = ?1 AND at > ?2",
	                            "ti", directory, clock_now() - seconds);
}

/* The total includes those deactivated within the period. */
static size_t total_of(const char *directory, size_t left)
{
	return left + (size_t)state_number("SELECT count(*) FROM affiliations"
	                                   " WHERE directory = ?1"
	                                   " AND status = 'active'",
	                                   "t", directory);
}

size_t brake_most(const char *directory, int64_t seconds, int percent)
{
	size_t total = total_of(directory, brake_left(directory, seconds));

	return allowance(total, percent_of(seconds, percent));
}

const char *brake_reason(const char *directory, size_t leaving, int percent)
{
	static const int64_t budgets[] = { BRAKE_DAY, BRAKE_WEEK };
	size_t left = brake_left(directory, WINDOW);

	if (brake_holds(leaving + left, total_of(directory, left), percent))
		return "brake";
	for (size_t i = 0; i < LENGTH(budgets); i++) {
		left = brake_left(directory, budgets[i]);
		if (brake_exhausted(leaving + left, total_of(directory, left),
		                    percent_of(budgets[i], percent)))
			return "budget";
	}
	return NULL;
}

void brake_note_leaver(const char *directory, const char *anchor)
{
	state_do("DELETE FROM gone WHERE at <= ?1", "i",
	         clock_now() - BRAKE_WEEK);
	if (allow_is("release", directory, anchor))
		return;
	state_do("INSERT OR REPLACE INTO gone SELECT ?1, ?2, ?3 WHERE NOT"
	         " EXISTS (SELECT 1 FROM announced WHERE directory = ?1"
	         " AND anchor = ?2)",
	         "tti", directory, anchor, clock_now());
}

bool brake_ends_early(const json_t *before, const json_t *after)
{
	const char *was = form_text(before, "portvaktUntil");
	const char *is = form_text(after, "portvaktUntil");
	int64_t when = 0;

	/* Both are in our own format, which compares as text. */
	return is && (!was || strcmp(is, was) < 0) &&
	       clock_from_ldap(is, &when) && when <= clock_now() + BRAKE_DAY;
}

/* The person is active again: an unused release is consumed. */
void brake_forget(const char *directory, const char *anchor)
{
	state_do("DELETE FROM gone WHERE directory = ?1 AND anchor = ?2", "tt",
	         directory, anchor);
	state_do("DELETE FROM announced WHERE directory = ?1 AND anchor = ?2",
	         "tt", directory, anchor);
	if (allow_is("release", directory, anchor))
		state_do("UPDATE affiliations SET seen = ?3 WHERE"
		         " directory = ?1 AND anchor = ?2",
		         "tti", directory, anchor, clock_now());
}

/* Expired accounts count too: the catalogue has the last day of an employment
 * (portvaktUntil), but not that of an account. */
void brake_remember(void)
{
	if (state_number("SELECT count(*) FROM meta WHERE name = 'gone'", ""))
		return;
	state_do("INSERT OR IGNORE INTO gone SELECT directory, anchor,"
	         " suspended FROM affiliations AS f WHERE status = 'suspended'"
	         " AND suspended > ?1 AND NOT EXISTS (SELECT 1 FROM allowed AS"
	         " x WHERE x.directory = f.directory AND x.anchor = f.anchor"
	         " AND x.word = 'release' AND x.at > f.seen)"
	         " AND coalesce(json_extract(form, '$.portvaktUntil[0]') >"
	         " json_extract(form, '$.portvaktSuspended[0]'), 1)",
	         "i", clock_now() - BRAKE_WEEK);
	state_do("INSERT INTO meta VALUES('gone', '1')", "");
}

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * deactivation_threshold.c: the deactivation threshold: how many affiliations
 * of a directory may be deactivated at once, in a day and in a week.  An
 * emptied directory looks like a municipality where all people left; the
 * budgets catch one that is emptied slowly. */
#include "sync/engine/guard/deactivation_threshold.h"

#include "lib/clock.h"
#include "lib/strbuf.h"
#include "sync/engine/guard/approvals.h"
#include "sync/engine/state/state.h"

enum {
	FEW = 10,            /* always allowed */
	DEFAULT_PERCENT = 2, /* for a directory that is no longer configured */
	WINDOW = 600, /* seconds; deactivations within it count together */
	DAY_PERCENT = 5,
	WEEK_PERCENT = 10,
};

static size_t threshold_allowance(size_t total, int percent)
{
	size_t share = total * (size_t)percent / 100;

	return share > FEW ? share : FEW;
}

bool threshold_is_exceeded(size_t deactivations, size_t total, int percent)
{
	if (deactivations == 0)
		return false;
	if (deactivations >= total)
		return true;
	return deactivations > threshold_allowance(total, percent) ||
	       deactivations * 2 > total;
}

bool threshold_budget_is_exceeded(size_t deactivations, size_t total,
                                  int percent)
{
	return deactivations > threshold_allowance(total, percent);
}

/* A higher configured percentage also raises the daily and weekly budget. */
static int threshold_budget_percent(int64_t seconds, int percent)
{
	int usual = seconds <= THRESHOLD_DAY ? DAY_PERCENT : WEEK_PERCENT;

	return percent > usual ? percent : usual;
}

int threshold_percent(const struct config *cfg, const char *directory)
{
	const struct directory_conf *d = config_directory(cfg, directory);

	return d ? d->max_deactivations_percent : DEFAULT_PERCENT;
}

size_t threshold_deactivations_since(const char *directory, int64_t seconds)
{
	return (size_t)state_number("SELECT count(*) FROM gone WHERE"
	                            " directory = ?1 AND at > ?2",
	                            "ti", directory, clock_now() - seconds);
}

size_t threshold_active(const char *directory, size_t bound)
{
	return (size_t)state_number(
	    "SELECT count(*) FROM (SELECT 1 FROM affiliations"
	    " WHERE directory = ?1 AND status = 'active' LIMIT ?2)",
	    "ti", directory, bound > INT64_MAX ? INT64_MAX : (int64_t)bound);
}

size_t threshold_bound(size_t count, int percent)
{
	size_t for_share =
	    percent > 0 ? (count + 1) * 100 / (size_t)percent : 0;

	return count * 2 + for_share + 1;
}

/* The total includes those deactivated within the period. */
static size_t threshold_total(const char *directory, size_t deactivated,
                              size_t bound)
{
	return deactivated + threshold_active(directory, bound);
}

size_t threshold_deactivations_allowed(const char *directory, int64_t seconds,
                                       int percent)
{
	size_t total = threshold_total(
	    directory, threshold_deactivations_since(directory, seconds),
	    SIZE_MAX);

	return threshold_allowance(total,
	                           threshold_budget_percent(seconds, percent));
}

const char *threshold_reason(const char *directory, size_t deactivations,
                             int percent)
{
	static const int64_t budgets[] = { THRESHOLD_DAY, THRESHOLD_WEEK };
	size_t deactivated = threshold_deactivations_since(directory, WINDOW);

	size_t count = deactivations + deactivated;

	if (threshold_is_exceeded(
		count,
		threshold_total(directory, deactivated,
	                        threshold_bound(count, percent)),
		percent))
		return "deactivations";
	for (size_t i = 0; i < LENGTH(budgets); i++) {
		int budget = threshold_budget_percent(budgets[i], percent);

		deactivated =
		    threshold_deactivations_since(directory, budgets[i]);
		count = deactivations + deactivated;
		if (threshold_budget_is_exceeded(
			count,
			threshold_total(directory, deactivated,
		                        threshold_bound(count, budget)),
			budget))
			return "budget";
	}
	return NULL;
}

void threshold_record_deactivation(const char *directory, const char *anchor)
{
	state_exec("DELETE FROM gone WHERE at <= ?1", "i",
	           clock_now() - THRESHOLD_WEEK);
	if (approvals_is_allowed("release", directory, anchor))
		return;
	state_exec("INSERT OR REPLACE INTO gone SELECT ?1, ?2, ?3 WHERE NOT"
	           " EXISTS (SELECT 1 FROM announced WHERE directory = ?1"
	           " AND anchor = ?2)",
	           "tti", directory, anchor, clock_now());
}

/* The person is active again: an unused release is consumed. */
void threshold_forget_deactivation(const char *directory, const char *anchor)
{
	state_exec("DELETE FROM gone WHERE directory = ?1 AND anchor = ?2",
	           "tt", directory, anchor);
	state_exec("DELETE FROM passed WHERE directory = ?1 AND anchor = ?2"
	           " AND what = 1",
	           "tt", directory, anchor);
	state_exec("DELETE FROM announced WHERE directory = ?1 AND anchor = ?2",
	           "tt", directory, anchor);
	if (approvals_is_allowed("release", directory, anchor))
		state_exec("UPDATE affiliations SET seen = ?3 WHERE"
		           " directory = ?1 AND anchor = ?2",
		           "tti", directory, anchor, clock_now());
}

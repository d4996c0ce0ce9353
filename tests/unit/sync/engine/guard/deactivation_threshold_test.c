/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include "lib/compiler.h"
#include "sync/engine/guard/deactivation_threshold.h"

static void too_many_deactivations_at_once_exceed_the_threshold(void **state)
{
	static const struct {
		size_t leaving, total;
		int percent;
		bool holds;
	} rows[] = {
		{ 0, 0, 2, false },       { 0, 100, 2, false },
		{ 1, 100, 2, false },     { 10, 100, 2, false },
		{ 11, 100, 2, true },     { 20, 1000, 2, false },
		{ 21, 1000, 2, true },    { 400, 20000, 2, false },
		{ 401, 20000, 2, true },  { 1, 1, 2, true },
		{ 1, 2, 2, false },       { 2, 3, 2, true },
		{ 5, 10, 2, false },      { 6, 10, 2, true },
		{ 10, 10, 2, true },      { 20, 20, 100, true },
		{ 501, 1000, 100, true }, { 11, 100, 0, true },
		{ 10, 100, 0, false },    { 20000, 20000, 100, true },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++)
		if (threshold_is_exceeded(rows[i].leaving, rows[i].total,
		                          rows[i].percent) != rows[i].holds)
			fail_msg("%zu of %zu at %d per cent", rows[i].leaving,
			         rows[i].total, rows[i].percent);
}

static void daily_and_weekly_budgets_are_limited(void **state)
{
	(void)state;
	assert_false(threshold_budget_is_exceeded(10, 20, 5));
	assert_true(threshold_budget_is_exceeded(11, 20, 5));
	assert_false(threshold_budget_is_exceeded(50, 1000, 5));
	assert_true(threshold_budget_is_exceeded(51, 1000, 5));
	assert_false(threshold_budget_is_exceeded(100, 1000, 10));
	assert_true(threshold_budget_is_exceeded(101, 1000, 10));
}

TESTS(too_many_deactivations_at_once_exceed_the_threshold,
      daily_and_weekly_budgets_are_limited)

/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include "lib/compiler.h"
#include "sync/engine/groups/groups.h"

static void the_threshold_holds_when_groups_would_be_emptied(void **state)
{
	static const struct {
		size_t lost, total, gone, groups;
		bool holds;
	} rows[] = {
		{ 0, 0, 0, 0, false },        { 1, 1, 0, 1, false },
		{ 10, 10, 0, 1, false },      { 11, 11, 0, 1, true },
		{ 11, 22, 0, 1, false },      { 12, 23, 0, 1, true },
		{ 5000, 10000, 0, 9, false }, { 5001, 10000, 0, 9, true },
		{ 5, 100, 1, 1, false },      { 5, 100, 2, 2, true },
		{ 5, 100, 2, 3, false },      { 0, 0, 3, 3, true },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++)
		if (group_threshold_exceeded(rows[i].lost, rows[i].total,
		                             rows[i].gone,
		                             rows[i].groups) != rows[i].holds)
			fail_msg("row %zu", i);
}

TESTS(the_threshold_holds_when_groups_would_be_emptied)

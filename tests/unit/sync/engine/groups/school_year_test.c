/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include "lib/clock.h"
#include "lib/compiler.h"
#include "sync/engine/groups/school_year.h"

static int64_t at(const char *iso)
{
	int64_t when = 0;

	assert_true(clock_parse_iso(iso, &when));
	return when;
}

static void a_school_year_begins_at_midnight_in_oslo(void **state)
{
	static const struct school_year august = { 8, 1, 14 * 86400 };
	static const struct {
		const char *when;
		int year;
		bool overlaps;
	} rows[] = {
		{ "2026-07-31T21:59:59Z", 2025, false },
		{ "2026-07-31T22:00:00Z", 2026, true },
		{ "2026-08-14T21:59:59Z", 2026, true },
		{ "2026-08-14T22:00:00Z", 2026, false },
		{ "2026-12-31T23:30:00Z", 2026, false },
		{ "2027-01-01T12:00:00Z", 2026, false },
		{ "2027-07-31T12:00:00Z", 2026, false },
		{ "2028-02-29T12:00:00Z", 2027, false },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		int64_t when = at(rows[i].when);

		if (school_year_at(&august, when) != rows[i].year ||
		    school_year_overlaps(&august, when) != rows[i].overlaps)
			fail_msg("%s", rows[i].when);
	}
}

/* Summer time ends on 25 October 2026. */
static void an_overlap_has_equal_length_across_summer_time(void **state)
{
	static const struct school_year october = { 10, 20, 10 * 86400 };

	(void)state;
	assert_int_equal(school_year_start(&october, 2026),
	                 at("2026-10-19T22:00:00Z"));
	assert_true(school_year_overlaps(&october, at("2026-10-29T21:59:59Z")));
	assert_false(
	    school_year_overlaps(&october, at("2026-10-29T22:00:00Z")));
}

static void a_later_start_date_reverts_the_change(void **state)
{
	static const struct school_year first = { 8, 1, 14 * 86400 };
	static const struct school_year later = { 8, 20, 14 * 86400 };
	int64_t now = at("2026-08-05T12:00:00Z");

	(void)state;
	assert_int_equal(school_year_at(&first, now), 2026);
	assert_int_equal(school_year_at(&later, now), 2025);
}

TESTS(a_school_year_begins_at_midnight_in_oslo,
      an_overlap_has_equal_length_across_summer_time,
      a_later_start_date_reverts_the_change)

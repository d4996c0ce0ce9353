/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include "lib/clock.h"
#include "lib/strbuf.h"

enum { NOV_21 = 1795302300 }; /* 2026-11-21T23:05:00Z */

static void times_are_formatted_and_parsed(void **state)
{
	struct arena *a = arena_open();
	int64_t when;

	(void)state;
	assert_string_equal(clock_format_iso(a, NOV_21),
	                    "2026-11-21T23:05:00Z");
	assert_string_equal(clock_format_generalized_time(a, NOV_21),
	                    "20261121230500Z");
	assert_true(clock_parse_iso("2026-11-21T23:05:00Z", &when));
	assert_int_equal(when, NOV_21);
	assert_true(clock_parse_iso("2026-11-21T23:05:00.999999+00:00", &when));
	assert_int_equal(when, NOV_21);
	assert_true(clock_parse_generalized_time("20261121230500Z", &when));
	assert_int_equal(when, NOV_21);
	assert_true(clock_parse_generalized_time("20261121230500.0Z", &when));
	arena_close(a);
}

static const char *const bad_iso[] = {
	"",
	"2026-11-21",
	"2026-11-21T23:05:00",
	"2026-11-21T23:05:00+01:00",
	"2026-11-21 23:05:00Z",
	"2026-02-29T00:00:00Z",
	"2026-13-01T00:00:00Z",
	"2026-00-01T00:00:00Z",
	"2026-11-21T24:00:00Z",
	"2026-11-21T23:60:00Z",
	"2026-11-21T23:05:60Z",
	"2026-11-21T23:05:00.Z",
	"2026-11-21T23:05:00Zx",
	"-026-11-21T23:05:00Z",
	"1969-11-21T23:05:00Z",
};

static const char *const bad_ldap[] = {
	"",
	"20261121230500",
	"20261121",
	"20261121Z",
	"202611212Z",
	"20261121230Z",
	"2026112123050Z",
	"20261121230500z",
	"20261121230500.Z",
	"20261121230500+1",
	"20261121230500+01:00",
	"20261121230500+0160",
	"20261121230500+2400",
	"20261121230500Z0",
	"2026112123.5Z",
	"20261121235960Z",
	"20261321230500Z",
	"0x261121230500Z",
};

/* RFC 4517 3.3.13: every form that a directory may return. */
static void generalized_time_has_several_forms(void **state)
{
	static const char *const good[] = {
		"20261121230500Z",     "202611212305Z",   "20261121230500,7Z",
		"20261122000500+0100", "202611220005+01", "20261121180500-0500",
		"20261122033500+0430",
	};
	int64_t hour = 0;

	(void)state;
	for (size_t i = 0; i < LENGTH(good); i++) {
		int64_t when = 0;

		if (!clock_parse_generalized_time(good[i], &when) ||
		    when != NOV_21)
			fail_msg("%s", good[i]);
	}
	assert_true(clock_parse_generalized_time("2026112123Z", &hour));
	assert_int_equal(hour, NOV_21 - 300);
}

static void invalid_times_are_rejected(void **state)
{
	int64_t when = 7;

	(void)state;
	for (size_t i = 0; i < LENGTH(bad_iso); i++)
		assert_false(clock_parse_iso(bad_iso[i], &when));
	assert_false(clock_parse_iso(NULL, &when));
	for (size_t i = 0; i < LENGTH(bad_ldap); i++)
		if (clock_parse_generalized_time(bad_ldap[i], &when))
			fail_msg("%s", bad_ldap[i]);
	assert_int_equal(when, 7);
}

static const struct {
	const char *utc;
	int hour, minute, day;
	bool summer;
} oslo[] = {
	{ "2026-01-15T12:00:00Z", 13, 0, 15, false },
	{ "2026-07-15T12:00:00Z", 14, 0, 15, true },
	{ "2026-03-29T00:59:59Z", 1, 59, 29, false },
	{ "2026-03-29T01:00:00Z", 3, 0, 29, true },
	{ "2026-10-25T00:59:59Z", 2, 59, 25, true },
	{ "2026-10-25T01:00:00Z", 2, 0, 25, false },
	{ "2024-03-31T01:00:00Z", 3, 0, 31, true }, /* a Sunday the 31st */
	{ "2027-03-28T01:00:00Z", 3, 0, 28, true },
	{ "2026-12-31T23:30:00Z", 0, 30, 1, false },
	/* Before 1996 it ended in September, so the rules are not constant. */
	{ "1985-10-10T12:00:00Z", 13, 0, 10, false },
};

static void oslo_follows_the_rules_of_tzdata(void **state)
{
	(void)state;
	/* Whatever TZ was at the start. */
	setenv("TZ", "Pacific/Auckland", 1);
	for (size_t i = 0; i < LENGTH(oslo); i++) {
		int64_t when;
		struct tm t;

		assert_true(clock_parse_iso(oslo[i].utc, &when));
		t = clock_oslo(when);
		assert_int_equal(t.tm_hour, oslo[i].hour);
		assert_int_equal(t.tm_min, oslo[i].minute);
		assert_int_equal(t.tm_mday, oslo[i].day);
		assert_int_equal(t.tm_isdst, oslo[i].summer);
	}
}

static const struct {
	const char *date;
	bool end;
	const char *utc;
} dates[] = {
	{ "2026-12-31", false, "2026-12-30T23:00:00Z" },
	{ "2026-12-31", true, "2026-12-31T23:00:00Z" },
	{ "2026-06-30", true, "2026-06-30T22:00:00Z" },
	{ "2026-03-29", false, "2026-03-28T23:00:00Z" },
	{ "2026-03-29", true, "2026-03-29T22:00:00Z" },
	{ "2026-10-25", false, "2026-10-24T22:00:00Z" },
	{ "2026-10-25", true, "2026-10-25T23:00:00Z" },
	{ "2028-02-29", true, "2028-02-29T23:00:00Z" },
	{ "1985-10-10", false, "1985-10-09T23:00:00Z" },
};

static void a_date_begins_and_ends_at_midnight_in_oslo(void **state)
{
	struct arena *a = arena_open();
	int64_t when;

	(void)state;
	for (size_t i = 0; i < LENGTH(dates); i++) {
		assert_true(
		    clock_parse_date(dates[i].date, dates[i].end, &when));
		assert_string_equal(clock_format_iso(a, when), dates[i].utc);
	}
	assert_false(clock_parse_date("2026-02-30", true, &when));
	assert_false(clock_parse_date("2026-2-3", true, &when));
	assert_false(clock_parse_date("2026-12-31 ", true, &when));
	arena_close(a);
}

static void durations_are_a_number_and_a_unit(void **state)
{
	static const char *const bad[] = { "",   "30",  "m",    "30 m", "30mm",
		                           "3w", "-3m", "1.5h", "30M" };
	int64_t s;

	(void)state;
	assert_true(clock_parse_duration("90s", &s) && s == 90);
	assert_true(clock_parse_duration("30m", &s) && s == 1800);
	assert_true(clock_parse_duration("10h", &s) && s == 36000);
	assert_true(clock_parse_duration("7d", &s) && s == 604800);
	assert_true(clock_parse_duration("3y", &s) && s == 94608000);
	for (size_t i = 0; i < LENGTH(bad); i++)
		assert_false(clock_parse_duration(bad[i], &s));
	assert_false(clock_parse_duration("99999999999999999999d", &s));
	assert_false(clock_parse_duration(NULL, &s));
}

static void only_a_test_build_lets_the_clock_be_moved(void **state)
{
	int64_t now;

	(void)state;
	unsetenv("PORTVAKT_CLOCK_OFFSET");
	now = clock_now();
	setenv("PORTVAKT_CLOCK_OFFSET", "86400", 1);
#ifdef PORTVAKT_TESTING
	now += 86400;
#endif
	assert_in_range(clock_now(), now, now + 10);
	unsetenv("PORTVAKT_CLOCK_OFFSET");
}

TESTS(times_are_formatted_and_parsed, generalized_time_has_several_forms,
      invalid_times_are_rejected, oslo_follows_the_rules_of_tzdata,
      a_date_begins_and_ends_at_midnight_in_oslo,
      durations_are_a_number_and_a_unit,
      only_a_test_build_lets_the_clock_be_moved)

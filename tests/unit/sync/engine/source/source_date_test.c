/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include "lib/clock.h"
#include "lib/strbuf.h"
#include "sync/engine/source/source_date.h"

/* As GeneralizedTime; NULL: cannot be read. */
static const struct {
	const char *text, *start, *end;
} dates[] = {
	{ "20271031000000Z", "20271031000000Z", "20271031000000Z" },
	{ "20271031020000+0200", "20271031000000Z", "20271031000000Z" },
	{ "2027-10-31", "20271030220000Z", "20271031230000Z" },
	{ "20271031", "20271030220000Z", "20271031230000Z" },
	{ "31.10.2027", "20271030220000Z", "20271031230000Z" },
	{ "1.2.2027", "20270131230000Z", "20270201230000Z" },
	{ "01.02.2027", "20270131230000Z", "20270201230000Z" },
	{ "29.02.2028", "20280228230000Z", "20280229230000Z" },
	{ "2027-10-31T00:00:00Z", "20271031000000Z", "20271031000000Z" },
	{ "2027-10-31T00:00Z", "20271031000000Z", "20271031000000Z" },
	{ "2027-10-31T12:30:00.123+02:00", "20271031103000Z",
	  "20271031103000Z" },
	{ "2027-10-31T12:30:00,5-0530", "20271031180000Z", "20271031180000Z" },
	{ "9999-12-31", "99991230230000Z", "99991231230000Z" },
	{ "1965-08-01", "19700101000000Z", "19700101000000Z" },
	{ "01.01.1900", "19700101000000Z", "19700101000000Z" },
	{ "29.02.1964", "19700101000000Z", "19700101000000Z" },
	{ "29.02.2027", NULL, NULL },
	{ "29.02.1900", NULL, NULL },
	{ "31.02.2027", NULL, NULL },
	{ "31.10.27", NULL, NULL },
	{ "31. 10. 2027", NULL, NULL },
	{ "10/31/2027", NULL, NULL },
	{ "2027-31-10", NULL, NULL },
	{ "2027-10-31T00:00:00", NULL, NULL },
	{ "2027-10-31 00:00:00Z", NULL, NULL },
	{ "2027-10-31T24:00:00Z", NULL, NULL },
	{ "2027-10-31T12:30:00.Z", NULL, NULL },
	{ "9999-12-31T23:59:59-05:00", NULL, NULL },
	{ "10000-01-01", NULL, NULL },
	{ "0001-01-01T00:00:00Z", NULL, NULL },
	{ "99999999999999999999Z", NULL, NULL },
	{ "31102027", NULL, NULL },
	{ "00.00.0000", NULL, NULL },
	{ "unreadable", NULL, NULL },
	{ "fast", NULL, NULL },
	{ "", NULL, NULL },
};

static void check_date(const char *text, bool end, const char *expected)
{
	struct arena *a = arena_open();
	int64_t when = 0;
	const char *got = source_date_parse(text, end, &when)
	                      ? clock_format_generalized_time(a, when)
	                      : NULL;

	if (!text_equal(got, expected))
		fail_msg("\"%s\" is %s", text, got ? got : "unreadable");
	arena_close(a);
}

static void dates_of_people_and_systems_are_read_and_no_others(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(dates); i++) {
		check_date(dates[i].text, false, dates[i].start);
		check_date(dates[i].text, true, dates[i].end);
	}
}

TESTS(dates_of_people_and_systems_are_read_and_no_others)

/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include "lib/compiler.h"
#include "sync/connector/skew_and_cert_check.h"

enum { DAY = 24 * 60 * 60, NOW = 1795305600 };

static void a_cookie_has_its_newest_csn_time(void **state)
{
	static const struct {
		const char *cookie;
		int64_t newest; /* 0: it has none */
	} rows[] = {
		{ "rid=000,csn=20261122000000.532440Z#000000#000#000000", NOW },
		{ "rid=001,sid=002,csn=20261121000000.532440Z#000000#001#000000"
		  ";20261122000000.000001Z#000000#002#000000",
		  NOW },
		{ "csn=20261122000000.000001Z#000000#002#000000;"
		  "20261121000000.532440Z#000000#001#000000",
		  NOW },
		{ "rid=000,csn=20380119031407Z#000000#000#000000",
		  2147483647LL },
		{ "rid=000", 0 },
		{ "", 0 },
		{ "csn=;;,,==", 0 },
		{ "csn=nonsense-that-is-long#000", 0 },
		{ "csn=20269999999999.000000Z#000000#000#000000", 0 },
	};
	struct arena *a = arena_open();

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		int64_t newest = 0;

		if (cookie_newest_csn_time(a, rows[i].cookie, &newest) !=
		        (rows[i].newest != 0) ||
		    newest != rows[i].newest)
			fail_msg("%s", rows[i].cookie);
	}
	arena_close(a);
}

static void a_certificate_warning_comes_at_thirty_seven_and_one_day(
    void **state)
{
	static const struct {
		int64_t left;
		int days;
	} rows[] = {
		{ 365L * DAY, 0 }, { 30L * DAY + 1, 0 },
		{ 30L * DAY, 30 }, { 7L * DAY + 1, 30 },
		{ 7L * DAY, 7 },   { DAY + 1, 7 },
		{ DAY, 1 },        { 0, 1 },
		{ -DAY, 1 },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++)
		if (source_certificate_days(NOW + rows[i].left, NOW) !=
		    rows[i].days)
			fail_msg("%lld", (long long)rows[i].left);
}

TESTS(a_cookie_has_its_newest_csn_time,
      a_certificate_warning_comes_at_thirty_seven_and_one_day)

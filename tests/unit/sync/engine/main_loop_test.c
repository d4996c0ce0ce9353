/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include "lib/compiler.h"
#include "sync/engine/main_loop.h"

enum { HOUR = 3600, DAY = 24 * HOUR };

/* Returns how often a daily action runs while the clock takes these values. */
static int times_done(const int64_t *clock, size_t count)
{
	int64_t last = clock[0];
	int done = 0;

	for (size_t i = 1; i < count; i++) {
		if (!main_loop_is_due(clock[i], last, DAY))
			continue;
		last = clock[i];
		done++;
	}
	return done;
}

static void a_clock_change_neither_skips_nor_repeats(void **state)
{
	/* The last Sunday of October 2026 and of March 2027, 29 February 2028
	 * and the end of 32 bits: Unix time is not affected by any of them. */
	static const int64_t days[] = { 1792886400, 1806192000, 1835395200,
		                        INT64_C(2147483647) - HOUR };

	(void)state;
	for (size_t i = 0; i < LENGTH(days); i++) {
		int64_t t = days[i];
		const int64_t goes[] = { t, t + DAY - 1, t + DAY, t + 2 * DAY };
		const int64_t back[] = { t, t + HOUR, t, t + HOUR, t + DAY };
		const int64_t forth[] = { t, t + HOUR, t + 2 * HOUR, t + DAY };

		assert_int_equal(times_done(goes, LENGTH(goes)), 2);
		assert_int_equal(times_done(back, LENGTH(back)), 1);
		assert_int_equal(times_done(forth, LENGTH(forth)), 1);
	}
	/* Set back before the last run: at once, and then daily. */
	const int64_t long_back[] = { 10 * DAY, 2 * DAY, 2 * DAY + HOUR,
		                      3 * DAY };
	assert_int_equal(times_done(long_back, LENGTH(long_back)), 2);
}

TESTS(a_clock_change_neither_skips_nor_repeats)

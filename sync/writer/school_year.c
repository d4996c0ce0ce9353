/* SPDX-License-Identifier: AGPL-3.0-or-later
 * school_year.c: which school year it is.  It follows from the day and the
 * configuration alone; so another day in the configuration takes a change
 * back, and a lost cache makes no difference. */
#include "lib/clock.h"
#include "sync/writer/groups.h"

int64_t school_year_start(const struct school_year *y, int year)
{
	struct arena *a = arena_open();
	int64_t when = 0;
	char *date = arena_print(a, "%04d-%02d-%02d", year, y->month, y->day);

	if (!clock_from_date(date, false, &when))
		when = 0;
	arena_close(a);
	return when;
}

int school_year_at(const struct school_year *y, int64_t now)
{
	int year = clock_oslo(now).tm_year + 1900;

	return now < school_year_start(y, year) ? year - 1 : year;
}

bool school_year_overlaps(const struct school_year *y, int64_t now)
{
	return now < school_year_start(y, school_year_at(y, now)) + y->overlap;
}

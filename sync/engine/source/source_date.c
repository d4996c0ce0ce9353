/* SPDX-License-Identifier: AGPL-3.0-or-later
 * source_date.c: reads a date in one of the formats that directories have. Only
 * formats that cannot be mistaken for one another are read: 31.10.27 and
 * 10/31/2027 are not. */
#include "sync/engine/source/source_date.h"

#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/strbuf.h"

enum { MAX_TEXT = 40, FIRST_YEAR = 1900, EPOCH_YEAR = 1970 };

static const int64_t year_10000 = 253402300800;

/* # a digit, any other character itself. */
static const char *date_match(const char *text, const char *pattern)
{
	for (; *pattern; pattern++, text++)
		if (*pattern == '#' ? *text < '0' || *text > '9'
		                    : *text != *pattern)
			return NULL;
	return text;
}

/* The Gregorian calendar repeats after 400 years, and Unix time starts in
 * 1970: an earlier date is checked as the one 400 years later. */
static bool date_parse_day(int year, int month, int day, bool end,
                           int64_t *ret_when)
{
	char text[MAX_TEXT];
	bool is_early = year < EPOCH_YEAR;

	if (year < FIRST_YEAR)
		return false;
	(void)snprintf(text, sizeof(text), "%04d-%02d-%02d",
	               is_early ? year + 400 : year, month, day);
	if (!clock_parse_date(text, end, ret_when))
		return false;
	if (is_early)
		*ret_when = 0;
	return true;
}

static bool date_parse_iso_day(const char *text, bool end, int64_t *ret_when)
{
	int year = 0;
	int month = 0;
	int day = 0;
	const char *rest = date_match(text, "####-##-##");

	if (!rest)
		rest = date_match(text, "########");
	if (!rest || *rest ||
	    sscanf(text, text[4] == '-' ? "%4d-%2d-%2d" : "%4d%2d%2d", &year,
	           &month, &day) != 3)
		return false;
	return date_parse_day(year, month, day, end, ret_when);
}

/* d.m.yyyy, as in Norway. */
static bool date_parse_norwegian_day(const char *text, bool end,
                                     int64_t *ret_when)
{
	static const char *const patterns[] = { "#.#.####", "##.#.####",
		                                "#.##.####", "##.##.####" };
	int year = 0;
	int month = 0;
	int day = 0;

	for (size_t i = 0; i < LENGTH(patterns); i++) {
		const char *rest = date_match(text, patterns[i]);

		if (rest && !*rest &&
		    sscanf(text, "%2d.%2d.%4d", &day, &month, &year) == 3)
			return date_parse_day(year, month, day, end, ret_when);
	}
	return false;
}

/* Appends the time of day of an ISO 8601 date-time in the form of
 * GeneralizedTime: 12:30:00.5+02:00 is 123000.5+0200. */
static bool date_append_time(const char *at, char *to)
{
	const char *zone = at + strcspn(at, "Z+-");
	const char *minutes = date_match(at, "##:##");
	const char *seconds = minutes ? date_match(minutes, ":##") : NULL;

	if (!minutes || (seconds ? seconds > zone : minutes != zone))
		return false;
	for (; *at; at++)
		if (*at != ':')
			*to++ = *at;
	*to = '\0';
	return true;
}

/* 2027-10-31T00:00:00Z (RFC 3339, xs:dateTime). */
static bool date_parse_iso_time(const char *text, int64_t *ret_when)
{
	char time[MAX_TEXT];
	const char *at = date_match(text, "####-##-##T");

	if (!at || strlen(text) >= sizeof(time))
		return false;
	(void)snprintf(time, sizeof(time), "%.4s%.2s%.2s", text, text + 5,
	               text + 8);
	return date_append_time(at, time + strlen(time)) &&
	       clock_parse_generalized_time(time, ret_when);
}

bool source_date_parse(const char *text, bool end, int64_t *ret_when)
{
	bool good = date_parse_iso_time(text, ret_when) ||
	            date_parse_iso_day(text, end, ret_when) ||
	            date_parse_norwegian_day(text, end, ret_when) ||
	            clock_parse_generalized_time(text, ret_when);

	return good && *ret_when < year_10000;
}

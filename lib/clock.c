/* SPDX-License-Identifier: AGPL-3.0-or-later
 * clock.c: current time, and time values in the formats of ISO 8601
 * (xs:dateTime) and LDAP (RFC 4517 3.3.13). The rules of Europe/Oslo are
 * compiled in, so that neither TZ nor missing zoneinfo changes a date's
 * midnight. */
#include "lib/clock.h"

#include <stdlib.h>
#include <string.h>

#include "lib/text.h"

enum { MINUTE = 60, HOUR = 3600, DAY = 86400 };

#ifdef PORTVAKT_TESTING
static int64_t test_offset(void)
{
	const char *given = getenv("PORTVAKT_CLOCK_OFFSET");

	return given ? strtoll(given, NULL, 10) : 0;
}
#else
static int64_t test_offset(void)
{
	return 0;
}
#endif

int64_t clock_now(void)
{
	return (int64_t)time(NULL) + test_offset();
}

int64_t clock_monotonic_ms(void)
{
	struct timespec t = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static struct tm utc(int64_t when)
{
	time_t t = (time_t)when;
	struct tm parts = { 0 };

	(void)gmtime_r(&t, &parts);
	return parts;
}

char *clock_iso(struct arena *a, int64_t when)
{
	struct tm t = utc(when);

	return arena_print(a, "%04d-%02d-%02dT%02d:%02d:%02dZ",
	                   t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour,
	                   t.tm_min, t.tm_sec);
}

char *clock_ldap(struct arena *a, int64_t when)
{
	struct tm t = utc(when);

	return arena_print(a, "%04d%02d%02d%02d%02d%02dZ", t.tm_year + 1900,
	                   t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min,
	                   t.tm_sec);
}

/* Reads count digits as a number; returns false if a character is not a
 * digit. */
static bool read_digits(const char **at, int count, int *ret)
{
	int number = 0;

	for (int i = 0; i < count; i++, (*at)++) {
		if (**at < '0' || **at > '9')
			return false;
		number = number * 10 + (**at - '0');
	}
	*ret = number;
	return true;
}

/* Reads the text by a pattern: Y M D h m s are numbers, any other character
 * must match itself. */
static bool read_pattern(const char **at, const char *pattern, struct tm *t)
{
	static const char letters[] = "YMDhms";
	int *const parts[] = { &t->tm_year, &t->tm_mon, &t->tm_mday,
		               &t->tm_hour, &t->tm_min, &t->tm_sec };

	for (; *pattern; pattern++) {
		const char *letter = strchr(letters, *pattern);

		if (!letter && *(*at)++ != *pattern)
			return false;
		if (letter && !read_digits(at, *pattern == 'Y' ? 4 : 2,
		                           parts[letter - letters]))
			return false;
	}
	return true;
}

/* timegm() normalises 31 February to 3 March. Returns false unless the result
 * has the fields that were given. */
static bool to_seconds(struct tm said, int64_t *ret_when)
{
	if (said.tm_year < 1970)
		return false;
	said.tm_year -= 1900;
	said.tm_mon -= 1;
	struct tm made = said;
	time_t when = timegm(&made);

	if (made.tm_year != said.tm_year || made.tm_mon != said.tm_mon ||
	    made.tm_mday != said.tm_mday || made.tm_hour != said.tm_hour ||
	    made.tm_min != said.tm_min || made.tm_sec != said.tm_sec)
		return false;
	*ret_when = (int64_t)when;
	return true;
}

/* Skips an optional fraction: a separator and at least one digit. */
static bool skip_fraction(const char **at, const char *points)
{
	if (!**at || !strchr(points, **at))
		return true;
	(*at)++;
	size_t digits = strspn(*at, "0123456789");

	*at += digits;
	return digits > 0;
}

bool clock_from_iso(const char *text, int64_t *ret_when)
{
	struct tm t = { 0 };
	const char *at = text;

	if (!text || !read_pattern(&at, "Y-M-DTh:m:s", &t))
		return false;
	if (!skip_fraction(&at, "."))
		return false;
	if (!text_equal(at, "Z") && !text_equal(at, "+00:00"))
		return false;
	return to_seconds(t, ret_when);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* RFC 4517 g-time-zone: Z, or the offset of local time as +hh, +hhmm, -hh,
 * -hhmm. */
static bool read_zone(const char *at, int64_t *ret_offset)
{
	struct tm ahead = { 0 };
	int sign = *at == '-' ? -1 : 1;

	*ret_offset = 0;
	if (text_equal(at, "Z"))
		return true;
	if (*at != '+' && *at != '-')
		return false;
	at++;
	if (!read_pattern(&at, "h", &ahead) ||
	    (*at && !read_pattern(&at, "m", &ahead)) || *at ||
	    ahead.tm_hour > 23 || ahead.tm_min > 59)
		return false;
	*ret_offset = sign * ((int64_t)ahead.tm_hour * HOUR +
	                      (int64_t)ahead.tm_min * MINUTE);
	return true;
}

/* GeneralizedTime (RFC 4517 3.3.13). A fraction of a second is ignored; a
 * fraction of an hour or minute is rejected. */
bool clock_from_ldap(const char *text, int64_t *ret_when)
{
	struct tm t = { 0 };
	const char *at = text;
	int64_t offset, when;

	if (!text || !read_pattern(&at, "YMDh", &t))
		return false;
	if (is_digit(*at) && !read_pattern(&at, "m", &t))
		return false;
	if (is_digit(*at) &&
	    (!read_pattern(&at, "s", &t) || !skip_fraction(&at, ".,")))
		return false;
	if (!read_zone(at, &offset) || !to_seconds(t, &when))
		return false;
	*ret_when = when - offset;
	return true;
}

/* Returns 01:00 UTC on the last Sunday of a month of 31 days: Directive
 * 2000/84/EC, articles 2 and 3. */
static int64_t last_sunday(int year, int month)
{
	struct tm end = { .tm_year = year - 1900,
		          .tm_mon = month - 1,
		          .tm_mday = 31,
		          .tm_hour = 1 };
	int64_t when = (int64_t)timegm(&end);

	return when - (int64_t)end.tm_wday * DAY;
}

static int64_t oslo_offset(int64_t when)
{
	int year = utc(when).tm_year + 1900;
	bool summer =
	    when >= last_sunday(year, 3) && when < last_sunday(year, 10);

	return summer ? 2 * HOUR : HOUR;
}

struct tm clock_oslo(int64_t when)
{
	int64_t offset = oslo_offset(when);
	struct tm local = utc(when + offset);

	local.tm_isdst = offset != HOUR;
	local.tm_gmtoff = offset;
	local.tm_zone = local.tm_isdst ? "CEST" : "CET";
	return local;
}

bool clock_from_date(const char *date, bool end, int64_t *ret_when)
{
	struct tm t = { 0 };
	const char *at = date;
	int64_t midnight;

	if (!date || !read_pattern(&at, "Y-M-D", &t) || *at)
		return false;
	if (!to_seconds(t, &midnight))
		return false;
	if (end)
		midnight += DAY;
	/* Summer time changes at 01:00 UTC, so midnight has the offset of 22:00
	 * UTC on the evening before. */
	*ret_when = midnight - oslo_offset(midnight - 2 * HOUR);
	return true;
}

static const struct {
	char letter;
	int64_t seconds;
} units[] = {
	{ 's', 1 },
	{ 'm', MINUTE },
	{ 'h', HOUR },
	{ 'd', DAY },
};

bool clock_span(const char *text, int64_t *ret_seconds)
{
	size_t digits = text ? strspn(text, "0123456789") : 0;
	char number[12];
	long long count;

	if (digits == 0 || digits >= sizeof(number) ||
	    strlen(text) != digits + 1)
		return false;
	memcpy(number, text, digits);
	number[digits] = '\0';
	if (!text_to_number(number, 0, 1000000000, &count))
		return false;
	for (size_t i = 0; i < LENGTH(units); i++) {
		if (units[i].letter != text[digits])
			continue;
		*ret_seconds = count * units[i].seconds;
		return true;
	}
	return false;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * clock.c: current time, and time values in the formats of ISO 8601
 * (xs:dateTime) and LDAP (RFC 4517 3.3.13). Local time is that of Europe/Oslo
 * in the system's tzdata, so a new law on summer time needs no release of ours.
 */
#include "lib/clock.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/strbuf.h"

enum { MINUTE = 60, HOUR = 3600, DAY = 86400 };

#ifdef PORTVAKT_TESTING
static int64_t test_offset(void)
{
	const char *value = getenv("PORTVAKT_CLOCK_OFFSET");

	return value ? strtoll(value, NULL, 10) : 0;
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

static struct tm clock_gmtime(int64_t when)
{
	time_t t = (time_t)when;
	struct tm parts = { 0 };

	(void)gmtime_r(&t, &parts);
	return parts;
}

char *clock_format_iso(struct arena *a, int64_t when)
{
	struct tm t = clock_gmtime(when);

	return arena_printf(a, "%04d-%02d-%02dT%02d:%02d:%02dZ",
	                    t.tm_year + 1900, t.tm_mon + 1, t.tm_mday,
	                    t.tm_hour, t.tm_min, t.tm_sec);
}

char *clock_format_generalized_time(struct arena *a, int64_t when)
{
	struct tm t = clock_gmtime(when);

	return arena_printf(a, "%04d%02d%02d%02d%02d%02dZ", t.tm_year + 1900,
	                    t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min,
	                    t.tm_sec);
}

/* Reads count digits as a number; returns false if a character is not a
 * digit. */
static bool clock_read_digits(const char **at, int count, int *ret)
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
static bool clock_read_pattern(const char **at, const char *pattern,
                               struct tm *t)
{
	static const char letters[] = "YMDhms";
	int *const parts[] = { &t->tm_year, &t->tm_mon, &t->tm_mday,
		               &t->tm_hour, &t->tm_min, &t->tm_sec };

	for (; *pattern; pattern++) {
		const char *letter = strchr(letters, *pattern);

		if (!letter && *(*at)++ != *pattern)
			return false;
		if (letter && !clock_read_digits(at, *pattern == 'Y' ? 4 : 2,
		                                 parts[letter - letters]))
			return false;
	}
	return true;
}

/* timegm() normalises 31 February to 3 March. Returns false unless the result
 * has the fields that were given. */
static bool clock_seconds_of(struct tm fields, int64_t *ret_when)
{
	if (fields.tm_year < 1970)
		return false;
	fields.tm_year -= 1900;
	fields.tm_mon -= 1;
	struct tm normalised = fields;
	time_t when = timegm(&normalised);

	if (normalised.tm_year != fields.tm_year ||
	    normalised.tm_mon != fields.tm_mon ||
	    normalised.tm_mday != fields.tm_mday ||
	    normalised.tm_hour != fields.tm_hour ||
	    normalised.tm_min != fields.tm_min ||
	    normalised.tm_sec != fields.tm_sec)
		return false;
	*ret_when = (int64_t)when;
	return true;
}

/* Skips an optional fraction: a separator and at least one digit. */
static bool clock_skip_fraction(const char **at, const char *separators)
{
	if (!**at || !strchr(separators, **at))
		return true;
	(*at)++;
	size_t digits = strspn(*at, "0123456789");

	*at += digits;
	return digits > 0;
}

bool clock_parse_iso(const char *text, int64_t *ret_when)
{
	struct tm t = { 0 };
	const char *at = text;

	if (!text || !clock_read_pattern(&at, "Y-M-DTh:m:s", &t))
		return false;
	if (!clock_skip_fraction(&at, "."))
		return false;
	if (!text_equal(at, "Z") && !text_equal(at, "+00:00"))
		return false;
	return clock_seconds_of(t, ret_when);
}

static bool clock_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* RFC 4517 g-time-zone: Z, or the offset of local time as +hh, +hhmm, -hh,
 * -hhmm. */
static bool clock_read_zone(const char *at, int64_t *ret_seconds)
{
	struct tm offset = { 0 };
	int sign = *at == '-' ? -1 : 1;

	*ret_seconds = 0;
	if (text_equal(at, "Z"))
		return true;
	if (*at != '+' && *at != '-')
		return false;
	at++;
	if (!clock_read_pattern(&at, "h", &offset) ||
	    (*at && !clock_read_pattern(&at, "m", &offset)) || *at ||
	    offset.tm_hour > 23 || offset.tm_min > 59)
		return false;
	*ret_seconds = sign * ((int64_t)offset.tm_hour * HOUR +
	                       (int64_t)offset.tm_min * MINUTE);
	return true;
}

/* GeneralizedTime (RFC 4517 3.3.13). A fraction of a second is ignored; a
 * fraction of an hour or minute is rejected. */
bool clock_parse_generalized_time(const char *text, int64_t *ret_when)
{
	struct tm t = { 0 };
	const char *at = text;
	int64_t offset, when;

	if (!text || !clock_read_pattern(&at, "YMDh", &t))
		return false;
	if (clock_is_digit(*at) && !clock_read_pattern(&at, "m", &t))
		return false;
	if (clock_is_digit(*at) && (!clock_read_pattern(&at, "s", &t) ||
	                            !clock_skip_fraction(&at, ".,")))
		return false;
	if (!clock_read_zone(at, &offset) || !clock_seconds_of(t, &when))
		return false;
	*ret_when = when - offset;
	return true;
}

/* ---- Europe/Oslo */

static const char zone_name[] = "Europe/Oslo";

/* Offsets that no later law changes.  The C library takes a zone that it cannot
 * read for UTC. */
static const struct {
	time_t when;
	long utc_offset;
} zone_facts[] = {
	{ 632142000, HOUR },     /* 1990-01-12T11:00:00Z */
	{ 647780400, 2 * HOUR }, /* 1990-07-12T11:00:00Z */
};

static pthread_once_t zone_once = PTHREAD_ONCE_INIT;
static bool zone_is_known;

static void zone_read(void)
{
	struct tm local = { 0 };

	zone_is_known = setenv("TZ", zone_name, 1) == 0;
	tzset();
	for (size_t i = 0; i < LENGTH(zone_facts); i++)
		zone_is_known &=
		    localtime_r(&zone_facts[i].when, &local) != NULL &&
		    local.tm_gmtoff == zone_facts[i].utc_offset;
}

bool clock_zone_open(struct error *err)
{
	(void)pthread_once(&zone_once, zone_read);
	return zone_is_known ||
	       error_set(err, ERROR_UNAVAILABLE,
	                 "no time zone %s below /usr/share/zoneinfo; install "
	                 "the package tzdata",
	                 zone_name);
}

/* A program that did not open the zone at its start must not guess it. */
static void zone_require(void)
{
	if (!clock_zone_open(NULL))
		abort();
}

struct tm clock_oslo(int64_t when)
{
	time_t t = (time_t)when;
	struct tm local = { 0 };

	zone_require();
	(void)localtime_r(&t, &local);
	return local;
}

/* Sets *ret_when to the moment at which clocks in Europe/Oslo show t. */
static void clock_from_oslo(struct tm t, int64_t *ret_when)
{
	t.tm_year -= 1900;
	t.tm_mon -= 1;
	t.tm_isdst = -1; /* by the zone */
	zone_require();
	*ret_when = (int64_t)mktime(&t);
}

bool clock_parse_date(const char *date, bool end, int64_t *ret_when)
{
	struct tm t = { 0 };
	const char *at = date;
	int64_t unused;

	if (!date || !clock_read_pattern(&at, "Y-M-D", &t) || *at ||
	    !clock_seconds_of(t, &unused))
		return false;
	t.tm_mday += end;
	clock_from_oslo(t, ret_when);
	return true;
}

bool clock_parse_local(const char *text, bool end, int64_t *ret_when)
{
	struct tm t = { 0 };
	const char *at = text;
	int64_t unused;

	if (clock_parse_date(text, end, ret_when))
		return true;
	if (!text || !clock_read_pattern(&at, "Y-M-DTh:m", &t) || *at ||
	    !clock_seconds_of(t, &unused))
		return false;
	clock_from_oslo(t, ret_when);
	return true;
}

char *clock_format_local(struct arena *a, int64_t when)
{
	struct tm t = clock_oslo(when);

	return arena_printf(a, "%04d-%02d-%02dT%02d:%02d", t.tm_year + 1900,
	                    t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min);
}

static const struct {
	char letter;
	int64_t seconds;
} units[] = {
	{ 's', 1 },   { 'm', MINUTE },    { 'h', HOUR },
	{ 'd', DAY }, { 'y', 365 * DAY },
};

bool clock_parse_duration(const char *text, int64_t *ret_seconds)
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

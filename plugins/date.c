/* SPDX-License-Identifier: AGPL-3.0-or-later
 * date.c: conditions `since TIME` and `until TIME`, where TIME is a date or
 * 2026-12-31T16:00 in Europe/Oslo. A date is included in both. The context has
 * local time, so no time zone is needed. */
#define PORTVAKT_BUILT_IN portvakt_date
#include "plugins/portvakt-plugin.h"

#include <string.h>

struct local_time {
	int year, month, day, hour, minute;
};

static int date_parse_digits(const char *at, size_t digits)
{
	int value = 0;

	for (size_t i = 0; i < digits; i++)
		value = value * 10 + at[i] - '0';
	return value;
}

static int days_in_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30,
		                    31, 31, 30, 31, 30, 31 };
	int leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return month == 2 && leap ? 29 : days[month - 1];
}

/* Returns 1 if text has a digit for each D of the pattern and its other
 * characters. */
static int date_matches(const char *text, const char *pattern)
{
	if (strlen(text) != strlen(pattern))
		return 0;
	for (; *pattern; pattern++, text++)
		if (*pattern == 'D' ? *text < '0' || *text > '9'
		                    : *text != *pattern)
			return 0;
	return 1;
}

/* Parses an existing date, with the time of day or with default_hour; returns 0
 * on error. */
static int date_parse(const char *text, int default_hour,
                      struct local_time *ret)
{
	int has_time = date_matches(text, "DDDD-DD-DDTDD:DD");

	if (!has_time && !date_matches(text, "DDDD-DD-DD"))
		return 0;
	*ret = (struct local_time){
		date_parse_digits(text, 4),
		date_parse_digits(text + 5, 2),
		date_parse_digits(text + 8, 2),
		has_time ? date_parse_digits(text + 11, 2) : default_hour,
		has_time ? date_parse_digits(text + 14, 2) : 0,
	};
	return ret->month >= 1 && ret->month <= 12 && ret->day >= 1 &&
	       ret->day <= days_in_month(ret->year, ret->month) &&
	       ret->minute <= 59 && ret->hour <= (has_time ? 23 : default_hour);
}

static size_t date_condition_validate(size_t count,
                                      const char *const *arguments,
                                      const char **ret_expected)
{
	struct local_time unused;

	*ret_expected = "a date such as 2026-12-31, or 2026-12-31T16:00";
	if (count == 0 || !date_parse(arguments[0], 0, &unused))
		return 1;
	return count > 1 ? 2 : 0;
}

/* Returns a number that is negative, 0 or positive as now is before, at or
 * after the time. */
static int date_compare(const struct portvakt_context *now,
                        const struct local_time *t)
{
	const int differences[] = { now->year - t->year, now->month - t->month,
		                    now->day - t->day, now->hour - t->hour,
		                    now->minute - t->minute };

	for (size_t i = 0; i < sizeof(differences) / sizeof(int); i++)
		if (differences[i] != 0)
			return differences[i];
	return 0;
}

static enum portvakt_verdict since_condition_evaluate(
    size_t count, const char *const *arguments,
    const struct portvakt_context *context)
{
	struct local_time first;

	(void)count;
	if (!date_parse(arguments[0], 0, &first))
		return PORTVAKT_ERROR;
	return date_compare(context, &first) >= 0 ? PORTVAKT_PERMIT
	                                          : PORTVAKT_DENY;
}

/* A date ends at 24:00, which no clock shows. */
static enum portvakt_verdict until_condition_evaluate(
    size_t count, const char *const *arguments,
    const struct portvakt_context *context)
{
	struct local_time end;

	(void)count;
	if (!date_parse(arguments[0], 24, &end))
		return PORTVAKT_ERROR;
	return date_compare(context, &end) < 0 ? PORTVAKT_PERMIT
	                                       : PORTVAKT_DENY;
}

static const struct portvakt_condition conditions[] = {
	{ .name = "since",
	  .description = "TIME: from the start of that day on, or from that "
	                 "minute on: 2026-12-01T08:00.",
	  .validate = date_condition_validate,
	  .evaluate = since_condition_evaluate,
	  .reason = "not-yet" },
	{ .name = "until",
	  .description = "TIME: up to the end of that day, or up to that "
	                 "minute: 2026-12-31T16:00.",
	  .validate = date_condition_validate,
	  .evaluate = until_condition_evaluate,
	  .reason = "expired" },
	{ .name = NULL },
};

const struct portvakt_plugin PORTVAKT_PLUGIN = {
	.version = PORTVAKT_PLUGIN_1,
	.name = "date",
	.conditions = conditions,
};

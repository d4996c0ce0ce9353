/* SPDX-License-Identifier: AGPL-3.0-or-later
 * until.c: condition `until YYYY-MM-DD`: up to the end of that day in
 * Europe/Oslo. The context has the local date, so no time zone is needed. */
#define PORTVAKT_BUILT_IN portvakt_until
#include "plugins/portvakt-plugin.h"

#include <string.h>

struct date {
	int year, month, day;
};

static int until_parse_digits(const char *at, size_t digits)
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

/* Parses an existing date; returns 0 on error. */
static int until_parse_date(const char *text, struct date *ret_date)
{
	if (strlen(text) != 10 || strspn(text, "0123456789") != 4 ||
	    strspn(text + 5, "0123456789") != 2 ||
	    strspn(text + 8, "0123456789") != 2 || text[4] != '-' ||
	    text[7] != '-')
		return 0;
	struct date d = { until_parse_digits(text, 4),
		          until_parse_digits(text + 5, 2),
		          until_parse_digits(text + 8, 2) };

	if (d.month < 1 || d.month > 12 || d.day < 1 ||
	    d.day > days_in_month(d.year, d.month))
		return 0;
	*ret_date = d;
	return 1;
}

static size_t until_condition_validate(size_t count,
                                       const char *const *arguments,
                                       const char **ret_expected)
{
	struct date date;

	*ret_expected = "a date such as 2026-12-31";
	if (count == 0 || !until_parse_date(arguments[0], &date))
		return 1;
	return count > 1 ? 2 : 0;
}

static enum portvakt_verdict until_condition_evaluate(
    size_t count, const char *const *arguments,
    const struct portvakt_context *context)
{
	struct date last;

	(void)count;
	if (!until_parse_date(arguments[0], &last))
		return PORTVAKT_ERROR;
	if (context->year != last.year)
		return context->year < last.year ? PORTVAKT_PERMIT
		                                 : PORTVAKT_DENY;
	if (context->month != last.month)
		return context->month < last.month ? PORTVAKT_PERMIT
		                                   : PORTVAKT_DENY;
	return context->day <= last.day ? PORTVAKT_PERMIT : PORTVAKT_DENY;
}

static const struct portvakt_condition conditions[] = {
	{ .name = "until",
	  .description = "DATE: up to the end of that day.",
	  .validate = until_condition_validate,
	  .evaluate = until_condition_evaluate,
	  .reason = "expired" },
	{ .name = NULL },
};

const struct portvakt_plugin PORTVAKT_PLUGIN = {
	.version = PORTVAKT_PLUGIN_1,
	.name = "until",
	.conditions = conditions,
};

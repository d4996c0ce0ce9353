/* SPDX-License-Identifier: AGPL-3.0-or-later
 * hours.c: condition `between HH:MM-HH:MM`: local time of day, end excluded.
 * 22:00-06:00 spans midnight. */
#define PORTVAKT_BUILT_IN portvakt_hours
#include "plugins/portvakt-plugin.h"

#include <string.h>

enum { HOURS_LENGTH = sizeof("HH:MM-HH:MM") - 1 };

static int hours_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Returns minutes since midnight of HH:MM, 24:00 included; -1 on error. */
static int hours_parse_minutes(const char *at)
{
	if (!hours_is_digit(at[0]) || !hours_is_digit(at[1]) || at[2] != ':' ||
	    !hours_is_digit(at[3]) || !hours_is_digit(at[4]))
		return -1;
	int hour = (at[0] - '0') * 10 + at[1] - '0';
	int minute = (at[3] - '0') * 10 + at[4] - '0';

	if (minute > 59 || hour * 60 + minute > 24 * 60)
		return -1;
	return hour * 60 + minute;
}

static size_t hours_condition_validate(size_t count,
                                       const char *const *arguments,
                                       const char **ret_expected)
{
	*ret_expected = "HH:MM-HH:MM";
	if (count == 0)
		return 1;
	const char *hours = arguments[0];

	if (strlen(hours) != HOURS_LENGTH || hours[5] != '-')
		return 1;
	if (hours_parse_minutes(hours) < 0 ||
	    hours_parse_minutes(hours + 6) < 0)
		return 1;
	if (hours_parse_minutes(hours) == hours_parse_minutes(hours + 6))
		return 1;
	return count > 1 ? 2 : 0;
}

static enum portvakt_verdict hours_condition_evaluate(
    size_t count, const char *const *arguments,
    const struct portvakt_context *context)
{
	(void)count;
	int from = hours_parse_minutes(arguments[0]),
	    to = hours_parse_minutes(arguments[0] + 6);
	int now = context->hour * 60 + context->minute;
	int within =
	    from < to ? now >= from && now < to : now >= from || now < to;

	return within ? PORTVAKT_PERMIT : PORTVAKT_DENY;
}

static const struct portvakt_condition conditions[] = {
	{ .name = "between",
	  .description = "HH:MM-HH:MM: local time, the end excluded.  "
	                 "22:00-06:00 spans midnight.",
	  .validate = hours_condition_validate,
	  .evaluate = hours_condition_evaluate,
	  .reason = "hours" },
	{ .name = NULL },
};

const struct portvakt_plugin PORTVAKT_PLUGIN = {
	.version = PORTVAKT_PLUGIN_1,
	.name = "hours",
	.conditions = conditions,
};

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * hours.c: condition `between HH:MM-HH:MM`: local time of day, end excluded.
 * 22:00-06:00 spans midnight. */
#define PORTVAKT_BUILT_IN portvakt_hours
#include "plugins/portvakt-plugin.h"

#include <string.h>

enum { LENGTH_OF_HOURS = sizeof("HH:MM-HH:MM") - 1 };

static int is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Returns minutes since midnight of HH:MM, 24:00 included; -1 on error. */
static int minutes(const char *at)
{
	if (!is_digit(at[0]) || !is_digit(at[1]) || at[2] != ':' ||
	    !is_digit(at[3]) || !is_digit(at[4]))
		return -1;
	int hour = (at[0] - '0') * 10 + at[1] - '0';
	int minute = (at[3] - '0') * 10 + at[4] - '0';

	if (minute > 59 || hour * 60 + minute > 24 * 60)
		return -1;
	return hour * 60 + minute;
}

static size_t between_read(size_t count, const char *const *arguments,
                           const char **ret_why)
{
	*ret_why = "HH:MM-HH:MM";
	if (count == 0)
		return 1;
	const char *hours = arguments[0];

	if (strlen(hours) != LENGTH_OF_HOURS || hours[5] != '-')
		return 1;
	if (minutes(hours) < 0 || minutes(hours + 6) < 0)
		return 1;
	if (minutes(hours) == minutes(hours + 6))
		return 1;
	return count > 1 ? 2 : 0;
}

static enum portvakt_verdict between_judge(size_t count,
                                           const char *const *arguments,
                                           const struct portvakt_facts *facts)
{
	(void)count;
	int from = minutes(arguments[0]), to = minutes(arguments[0] + 6);
	int now = facts->hour * 60 + facts->minute;
	int within =
	    from < to ? now >= from && now < to : now >= from || now < to;

	return within ? PORTVAKT_PERMIT : PORTVAKT_DENY;
}

static const struct portvakt_word words[] = {
	{ .name = "between",
	  .explained = "HH:MM-HH:MM: local time, the end not included; "
	               "22:00-06:00 goes over midnight.",
	  .read = between_read,
	  .judge = between_judge,
	  .reason = "hours" },
	{ .name = NULL },
};

const struct portvakt_plugin PORTVAKT_PLUGIN = {
	.version = PORTVAKT_PLUGIN_1,
	.name = "hours",
	.words = words,
};

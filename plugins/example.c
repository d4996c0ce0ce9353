/* SPDX-License-Identifier: MIT
 * example.c: a plugin to copy. It teaches the condition `example on WEEKDAY
 * ...`: true on these days of the week, except on dates in the optional data
 * file. */
#include "plugins/portvakt-plugin.h"

#include <stdio.h>
#include <string.h>

static const char *const weekdays[] = { "monday",   "tuesday", "wednesday",
	                                "thursday", "friday",  "saturday",
	                                "sunday" };

enum { MAX_DAYS_OFF = 400, DATE_LENGTH = sizeof("YYYY-MM-DD") - 1 };

/* Filled before the first request and constant afterwards, so that requests are
 * independent of each other. */
static char days_off[MAX_DAYS_OFF][DATE_LENGTH + 1];
static size_t days_off_count;

/* Returns 1 to 7, or 0 if the name is not a weekday. */
static int weekday_from(const char *name)
{
	for (int i = 0; i < 7; i++)
		if (strcmp(weekdays[i], name) == 0)
			return i + 1;
	return 0;
}

/* Called once per rule when the configuration is loaded: validates the
 * arguments. */
static size_t example_validate(size_t count, const char *const *arguments,
                               const char **ret_expected)
{
	*ret_expected = "on WEEKDAY ...";
	if (count == 0 || strcmp(arguments[0], "on") != 0)
		return 1;
	if (count == 1)
		return 2;
	for (size_t i = 1; i < count; i++)
		if (weekday_from(arguments[i]) == 0)
			return i + 1;
	return 0;
}

static int is_day_off(const struct portvakt_context *context)
{
	char today[sizeof("-2147483648-2147483648-2147483648")];

	(void)snprintf(today, sizeof(today), "%04d-%02d-%02d", context->year,
	               context->month, context->day);
	for (size_t i = 0; i < days_off_count; i++)
		if (strcmp(days_off[i], today) == 0)
			return 1;
	return 0;
}

/* Called for each request. Return PERMIT only if the condition holds for
 * certain. */
static enum portvakt_verdict example_evaluate(
    size_t count, const char *const *arguments,
    const struct portvakt_context *context)
{
	if (is_day_off(context))
		return PORTVAKT_DENY;
	for (size_t i = 1; i < count; i++)
		if (weekday_from(arguments[i]) == context->weekday)
			return PORTVAKT_PERMIT;
	return PORTVAKT_DENY;
}

/* Called once before the first request, with the file that `data` names: one
 * date in each line. A sentence refuses the configuration. */
static const char *example_prepare(const struct portvakt_data *data)
{
	const char *line = data->bytes;

	while (*line) {
		size_t length = strcspn(line, "\r\n");

		if (length > 0 && length != DATE_LENGTH)
			return "each line is a date, YYYY-MM-DD";
		if (days_off_count == MAX_DAYS_OFF)
			return "there are more than 400 dates";
		if (length > 0)
			memcpy(days_off[days_off_count++], line, length);
		line += length + strspn(line + length, "\r\n");
	}
	return NULL;
}

/* Called once after it: a plugin tests itself where it will run. */
static const char *example_self_test(void)
{
	return weekday_from("sunday") == 7 ? NULL : "sunday is not day 7";
}

static const struct portvakt_condition conditions[] = {
	{ .name = "example",
	  .description = "on WEEKDAY ...: today is one of these days.",
	  .validate = example_validate,
	  .evaluate = example_evaluate,
	  .reason = "hours" },
	{ .name = NULL },
};

const struct portvakt_plugin PORTVAKT_PLUGIN = {
	.version = PORTVAKT_PLUGIN_2,
	.name = "example",
	.conditions = conditions,
	.prepare_data = example_prepare,
	.self_test = example_self_test,
	.release = "1",
};

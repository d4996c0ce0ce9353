/* SPDX-License-Identifier: MIT
 * example.c: a plugin to copy. It teaches the condition `example on WEEKDAY
 * ...`: true on these days of the week, except on dates in the optional file
 * days-off. Files can be read in prepare only. */
#include "plugins/portvakt-plugin.h"

#include <stdio.h>
#include <string.h>

static const char *const weekdays[] = { "monday",   "tuesday", "wednesday",
	                                "thursday", "friday",  "saturday",
	                                "sunday" };

enum { MAX_DAYS_OFF = 400, DATE_LENGTH = sizeof("YYYY-MM-DD") - 1 };

/* Filled before the sandbox is locked and constant afterwards, so that requests
 * are independent of each other. */
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

/* Called once before the sandbox is locked. The file has one date per line. */
static int example_prepare(const char *directory)
{
	char path[4096], line[64];

	if (snprintf(path, sizeof(path), "%s/days-off", directory) >=
	    (int)sizeof(path))
		return 1;
	FILE *file = fopen(path, "re");

	if (!file)
		return 0;
	while (days_off_count < MAX_DAYS_OFF &&
	       fgets(line, sizeof(line), file)) {
		if (strcspn(line, "\r\n") != DATE_LENGTH)
			continue;
		memcpy(days_off[days_off_count++], line, DATE_LENGTH);
	}
	(void)fclose(file);
	return 0;
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
	.version = PORTVAKT_PLUGIN_1,
	.name = "example",
	.conditions = conditions,
	.prepare = example_prepare,
};

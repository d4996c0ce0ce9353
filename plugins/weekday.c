/* SPDX-License-Identifier: AGPL-3.0-or-later
 * weekday.c: condition `on WEEKDAY|WEEKDAY-WEEKDAY ...`: the local day of the
 * week. friday-monday spans Sunday. */
#define PORTVAKT_BUILT_IN portvakt_weekday
#include "plugins/portvakt-plugin.h"

#include <string.h>

static const char *const weekdays[] = { "monday",   "tuesday", "wednesday",
	                                "thursday", "friday",  "saturday",
	                                "sunday" };

/* Returns 1 to 7 for the name of this length, 0 for another text. */
static int weekday_number(const char *name, size_t length)
{
	for (int i = 0; i < 7; i++)
		if (strlen(weekdays[i]) == length &&
		    strncmp(weekdays[i], name, length) == 0)
			return i + 1;
	return 0;
}

/* Parses a day or a range of days; returns 0 on error. */
static int weekday_parse(const char *text, int *ret_first, int *ret_last)
{
	size_t length = strcspn(text, "-");
	const char *last = text[length] ? text + length + 1 : text;

	*ret_first = weekday_number(text, length);
	*ret_last = weekday_number(last, strlen(last));
	return *ret_first && *ret_last;
}

static size_t weekday_condition_validate(size_t count,
                                         const char *const *arguments,
                                         const char **ret_expected)
{
	int first, last;

	*ret_expected = "days of the week, monday or monday-friday";
	for (size_t i = 0; i < count; i++)
		if (!weekday_parse(arguments[i], &first, &last))
			return i + 1;
	return count > 0 ? 0 : 1;
}

static int weekday_is_within(int day, int first, int last)
{
	return first <= last ? day >= first && day <= last
	                     : day >= first || day <= last;
}

static enum portvakt_verdict weekday_condition_evaluate(
    size_t count, const char *const *arguments,
    const struct portvakt_context *context)
{
	int first, last;

	for (size_t i = 0; i < count; i++)
		if (weekday_parse(arguments[i], &first, &last) &&
		    weekday_is_within(context->weekday, first, last))
			return PORTVAKT_PERMIT;
	return PORTVAKT_DENY;
}

static const struct portvakt_condition conditions[] = {
	{ .name = "on",
	  .description = "WEEKDAY ...: one of these local days of the week: "
	                 "tuesday, or monday-friday.",
	  .validate = weekday_condition_validate,
	  .evaluate = weekday_condition_evaluate,
	  .reason = "hours" },
	{ .name = NULL },
};

const struct portvakt_plugin PORTVAKT_PLUGIN = {
	.version = PORTVAKT_PLUGIN_1,
	.name = "weekday",
	.conditions = conditions,
};

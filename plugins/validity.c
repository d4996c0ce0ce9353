/* SPDX-License-Identifier: AGPL-3.0-or-later
 * validity.c: conditions `own-from [within N d]` and `own-until [within N d]`:
 * the affiliation has a first or a last day in its directory. Whether it is
 * valid now is always checked, without a rule. */
#define PORTVAKT_BUILT_IN portvakt_validity
#include "plugins/portvakt-plugin.h"

#include <string.h>

enum { ONE_DAY = 24 * 60 * 60, MOST_DIGITS = 4 };

/* Parses "14d"; returns -1 on error. */
static int validity_parse_days(const char *text)
{
	size_t digits = strspn(text, "0123456789");
	int days = 0;

	if (digits == 0 || digits > MOST_DIGITS ||
	    strcmp(text + digits, "d") != 0)
		return -1;
	for (size_t i = 0; i < digits; i++)
		days = days * 10 + text[i] - '0';
	return days;
}

static size_t validity_condition_validate(size_t count,
                                          const char *const *arguments,
                                          const char **ret_expected)
{
	*ret_expected = "nothing, or within a number of days such as 14d";
	if (count == 0)
		return 0;
	if (strcmp(arguments[0], "within") != 0)
		return 1;
	if (count < 2 || validity_parse_days(arguments[1]) < 0)
		return 2;
	return count > 2 ? 3 : 0;
}

/* The day is set, and not further than the argument from now. */
static enum portvakt_verdict validity_is_near(size_t count,
                                              const char *const *arguments,
                                              int64_t day, int64_t distance)
{
	if (day == 0)
		return PORTVAKT_DENY;
	if (count < 2)
		return PORTVAKT_PERMIT;
	int64_t limit = (int64_t)validity_parse_days(arguments[1]) * ONE_DAY;

	return distance >= 0 && distance <= limit ? PORTVAKT_PERMIT
	                                          : PORTVAKT_DENY;
}

static enum portvakt_verdict own_from_condition_evaluate(
    size_t count, const char *const *arguments,
    const struct portvakt_context *context)
{
	return validity_is_near(count, arguments, context->valid_from,
	                        context->now - context->valid_from);
}

static enum portvakt_verdict own_until_condition_evaluate(
    size_t count, const char *const *arguments,
    const struct portvakt_context *context)
{
	return validity_is_near(count, arguments, context->valid_until,
	                        context->valid_until - context->now);
}

static const struct portvakt_condition conditions[] = {
	{ .name = "own-from",
	  .description = "[within DAYS]: the directory has a first day for the "
	                 "affiliation; within 14d: it was in the last 14 days.",
	  .validate = validity_condition_validate,
	  .evaluate = own_from_condition_evaluate },
	{ .name = "own-until",
	  .description =
	      "[within DAYS]: the directory has a last day for the "
	      "affiliation, as for a substitute; within 14d: it is in the "
	      "next 14 days.",
	  .validate = validity_condition_validate,
	  .evaluate = own_until_condition_evaluate },
	{ .name = NULL },
};

const struct portvakt_plugin PORTVAKT_PLUGIN = {
	.version = PORTVAKT_PLUGIN_1,
	.name = "validity",
	.conditions = conditions,
};

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * position.c: condition `position at least N%`. An unknown position is
 * denied. */
#define PORTVAKT_BUILT_IN portvakt_position
#include "plugins/portvakt-plugin.h"

#include <string.h>

/* Parses "N%", 0 to 100; returns -1 on error. */
static int parse_percent(const char *text)
{
	size_t digits = strspn(text, "0123456789");
	int number = 0;

	if (digits == 0 || digits > 3 || strcmp(text + digits, "%") != 0)
		return -1;
	for (size_t i = 0; i < digits; i++)
		number = number * 10 + text[i] - '0';
	return number <= 100 ? number : -1;
}

static size_t position_condition_validate(size_t count,
                                          const char *const *arguments,
                                          const char **ret_expected)
{
	static const char *const keywords[] = { "at", "least" };

	*ret_expected = "at least N%";
	for (size_t i = 0; i < 2; i++)
		if (i >= count || strcmp(arguments[i], keywords[i]) != 0)
			return i + 1;
	if (count < 3 || parse_percent(arguments[2]) < 0)
		return 3;
	return count > 3 ? 4 : 0;
}

static enum portvakt_verdict position_condition_evaluate(
    size_t count, const char *const *arguments,
    const struct portvakt_context *context)
{
	(void)count;
	int minimum = parse_percent(arguments[2]);

	if (context->position < 0 || context->position < minimum)
		return PORTVAKT_DENY;
	return PORTVAKT_PERMIT;
}

static const struct portvakt_condition conditions[] = {
	{ .name = "position",
	  .description =
	      "at least N%: the position percentage is N or more.  An "
	      "unknown percentage does not match.",
	  .validate = position_condition_validate,
	  .evaluate = position_condition_evaluate,
	  .reason = "position" },
	{ .name = NULL },
};

const struct portvakt_plugin PORTVAKT_PLUGIN = {
	.version = PORTVAKT_PLUGIN_1,
	.name = "position",
	.conditions = conditions,
};

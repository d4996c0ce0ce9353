/* SPDX-License-Identifier: AGPL-3.0-or-later
 * position.c: condition `position at least N%`. An unknown position is
 * denied. */
#define PORTVAKT_BUILT_IN portvakt_position
#include "plugins/portvakt-plugin.h"

#include <string.h>

/* Parses "N%", 0 to 100; returns -1 on error. */
static int per_cent(const char *text)
{
	size_t digits = strspn(text, "0123456789");
	int number = 0;

	if (digits == 0 || digits > 3 || strcmp(text + digits, "%") != 0)
		return -1;
	for (size_t i = 0; i < digits; i++)
		number = number * 10 + text[i] - '0';
	return number <= 100 ? number : -1;
}

static size_t position_read(size_t count, const char *const *arguments,
                            const char **ret_why)
{
	static const char *const keywords[] = { "at", "least" };

	*ret_why = "at least N%";
	for (size_t i = 0; i < 2; i++)
		if (i >= count || strcmp(arguments[i], keywords[i]) != 0)
			return i + 1;
	if (count < 3 || per_cent(arguments[2]) < 0)
		return 3;
	return count > 3 ? 4 : 0;
}

static enum portvakt_verdict position_judge(size_t count,
                                            const char *const *arguments,
                                            const struct portvakt_facts *facts)
{
	(void)count;
	int least = per_cent(arguments[2]);

	if (facts->position < 0 || facts->position < least)
		return PORTVAKT_DENY;
	return PORTVAKT_PERMIT;
}

static const struct portvakt_word words[] = {
	{ .name = "position",
	  .explained = "at least N%: the position has that many per cent; one "
	               "that is not known is too small.",
	  .read = position_read,
	  .judge = position_judge,
	  .reason = "position" },
	{ .name = NULL },
};

const struct portvakt_plugin PORTVAKT_PLUGIN = {
	.version = PORTVAKT_PLUGIN_1,
	.name = "position",
	.words = words,
};

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * thief.c: teaches a word that is another's. */
#include "tests/plugins/test-plugin.h"

static enum portvakt_verdict judge(size_t count, const char *const *arguments,
                                   const struct portvakt_facts *facts)
{
	(void)count;
	(void)arguments;
	(void)facts;
	return PORTVAKT_PERMIT;
}

static const struct portvakt_word words[] = {
	{ .name = "between",
	  .explained = "x.",
	  .read = read_any,
	  .judge = judge },
	{ .name = NULL },
};
const struct portvakt_plugin PORTVAKT_PLUGIN = {
	.version = PORTVAKT_PLUGIN_1,
	.name = "thief",
	.words = words,
};

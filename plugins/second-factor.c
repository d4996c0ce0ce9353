/* SPDX-License-Identifier: AGPL-3.0-or-later
 * second-factor.c: condition `second-factor`: verified in this session, or
 * required now (step-up). */
#define PORTVAKT_BUILT_IN portvakt_second_factor
#include "plugins/portvakt-plugin.h"

static enum portvakt_verdict second_factor_judge(
    size_t count, const char *const *arguments,
    const struct portvakt_facts *facts)
{
	(void)count;
	(void)arguments;
	return facts->has_second_factor ? PORTVAKT_PERMIT : PORTVAKT_STEP_UP;
}

static const struct portvakt_word words[] = {
	{ .name = "second-factor",
	  .explained = "(no arguments): a second factor has been shown.",
	  .judge = second_factor_judge,
	  .reason = "second-factor" },
	{ .name = NULL },
};

const struct portvakt_plugin PORTVAKT_PLUGIN = {
	.version = PORTVAKT_PLUGIN_1,
	.name = "second-factor",
	.words = words,
};

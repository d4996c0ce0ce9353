/* SPDX-License-Identifier: AGPL-3.0-or-later
 * second-factor.c: condition `second-factor`: verified in this session, or
 * required now (step-up). */
#define PORTVAKT_BUILT_IN portvakt_second_factor
#include "plugins/portvakt-plugin.h"

static enum portvakt_verdict second_factor_condition_evaluate(
    size_t count, const char *const *arguments,
    const struct portvakt_context *context)
{
	(void)count;
	(void)arguments;
	return context->has_second_factor ? PORTVAKT_PERMIT : PORTVAKT_STEP_UP;
}

static const struct portvakt_condition conditions[] = {
	{ .name = "second-factor",
	  .description =
	      "No arguments: the user has authenticated with a second "
	      "factor; an error while no login method has one.",
	  .evaluate = second_factor_condition_evaluate,
	  .reason = "second-factor" },
	{ .name = NULL },
};

const struct portvakt_plugin PORTVAKT_PLUGIN = {
	.version = PORTVAKT_PLUGIN_1,
	.name = "second-factor",
	.conditions = conditions,
};

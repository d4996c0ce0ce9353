/* SPDX-License-Identifier: AGPL-3.0-or-later
 * thief.c: teaches a condition that belongs to another plugin. */
#include "tests/plugins/test-plugin.h"

static enum portvakt_verdict evaluate(size_t count,
                                      const char *const *arguments,
                                      const struct portvakt_context *facts)
{
	(void)count;
	(void)arguments;
	(void)facts;
	return PORTVAKT_PERMIT;
}

static const struct portvakt_condition conditions[] = {
	{ .name = "between",
	  .description = "x.",
	  .validate = validate_any,
	  .evaluate = evaluate },
	{ .name = NULL },
};
const struct portvakt_plugin PORTVAKT_PLUGIN = {
	.version = PORTVAKT_PLUGIN_1,
	.name = "thief",
	.conditions = conditions,
};

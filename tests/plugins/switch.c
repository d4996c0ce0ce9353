/* SPDX-License-Identifier: AGPL-3.0-or-later
 * switch.c: permits if its data begins with "yes". */
#include "tests/plugins/test-plugin.h"

static int permits;

static const char *prepare(const struct portvakt_data *data)
{
	permits = strncmp(data->bytes, "yes", 3) == 0;
	return permits || strncmp(data->bytes, "no", 2) == 0
	           ? NULL
	           : "it is neither yes nor no";
}

static enum portvakt_verdict evaluate(size_t count,
                                      const char *const *arguments,
                                      const struct portvakt_context *facts)
{
	(void)count, (void)arguments, (void)facts;
	return permits ? PORTVAKT_PERMIT : PORTVAKT_DENY;
}

static const struct portvakt_condition conditions[] = {
	{ .name = "switch",
	  .description = "x.",
	  .validate = validate_any,
	  .evaluate = evaluate },
	{ .name = NULL },
};
const struct portvakt_plugin PORTVAKT_PLUGIN = {
	.version = PORTVAKT_PLUGIN_2,
	.name = "switch",
	.conditions = conditions,
	.prepare_data = prepare,
};

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

/* The version that is exchanged for it has another opinion of "bad". */
static size_t validate(size_t count, const char *const *arguments,
                       const char **ret_why)
{
#ifdef EXCHANGED
	(void)validate_any, (void)count, (void)arguments, (void)ret_why;
	return 0;
#else
	return validate_any(count, arguments, ret_why);
#endif
}

static const struct portvakt_condition conditions[] = {
	{ .name = "switch",
	  .description = "x.",
	  .validate = validate,
	  .evaluate = evaluate },
	{ .name = NULL },
};
const struct portvakt_plugin PORTVAKT_PLUGIN = {
	.version = PORTVAKT_PLUGIN_2,
	.name = "switch",
	.conditions = conditions,
	.prepare_data = prepare,
};

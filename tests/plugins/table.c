/* SPDX-License-Identifier: AGPL-3.0-or-later
 * table.c: version 2 of the interface: permits the affiliations of its data,
 * one in each line. */
#include "tests/plugins/test-plugin.h"

static struct portvakt_data table;

static const char *prepare(const struct portvakt_data *data)
{
	table = *data;
	if (data->size == 0)
		return "there is no table";
	if (strstr(data->bytes, "broken"))
		return "line 1 is broken";
	/* The memory is read-only, and ends in a NUL. */
	return data->bytes[data->size] == '\0' ? NULL : "no NUL";
}

static const char *self_test(void)
{
	return strstr(table.bytes, "untested") ? "untested line" : NULL;
}

static enum portvakt_verdict evaluate(size_t count,
                                      const char *const *arguments,
                                      const struct portvakt_context *facts)
{
	(void)count;
	(void)arguments;
	if (strcmp(facts->affiliation, "writer") == 0)
		*(char *)(uintptr_t)table.bytes = 'x';
	return strstr(table.bytes, facts->affiliation) ? PORTVAKT_PERMIT
	                                               : PORTVAKT_DENY;
}

static const struct portvakt_condition conditions[] = {
	{ .name = "table",
	  .description = "x.",
	  .validate = validate_any,
	  .evaluate = evaluate },
	{ .name = NULL },
};
const struct portvakt_plugin PORTVAKT_PLUGIN = {
	.version = PORTVAKT_PLUGIN_2,
	.name = "table",
	.conditions = conditions,
	.prepare_data = prepare,
	.self_test = self_test,
	.release = "1.2",
};

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * unit.c: condition `unit NAME|service-units ...`: the affiliation is in one of
 * these units or schools, or in one of the requested service's. */
#define PORTVAKT_BUILT_IN portvakt_unit
#include "plugins/portvakt-plugin.h"

#include <string.h>

static const char of_the_service[] = "service-units";

static size_t unit_condition_validate(size_t count,
                                      const char *const *arguments,
                                      const char **ret_expected)
{
	(void)arguments;
	*ret_expected = "the name of a unit, or service-units";
	return count > 0 ? 0 : 1;
}

static int unit_is_among(const char *unit, const char *const *units)
{
	for (; *units; units++)
		if (strcmp(*units, unit) == 0)
			return 1;
	return 0;
}

static int is_in_service_unit(const struct portvakt_context *context)
{
	for (const char *const *unit = context->units; *unit; unit++)
		if (unit_is_among(*unit, context->service_units))
			return 1;
	return 0;
}

static enum portvakt_verdict unit_condition_evaluate(
    size_t count, const char *const *arguments,
    const struct portvakt_context *context)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(arguments[i], of_the_service) == 0
		        ? is_in_service_unit(context)
		        : unit_is_among(arguments[i], context->units))
			return PORTVAKT_PERMIT;
	return PORTVAKT_DENY;
}

static const struct portvakt_condition conditions[] = {
	{ .name = "unit",
	  .description =
	      "NAME ...: the affiliation is in one of these units or schools; "
	      "service-units: in one of those in units of the service.",
	  .validate = unit_condition_validate,
	  .evaluate = unit_condition_evaluate,
	  .reason = "unit" },
	{ .name = NULL },
};

const struct portvakt_plugin PORTVAKT_PLUGIN = {
	.version = PORTVAKT_PLUGIN_1,
	.name = "unit",
	.conditions = conditions,
};

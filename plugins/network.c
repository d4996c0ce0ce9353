/* SPDX-License-Identifier: AGPL-3.0-or-later
 * network.c: condition `from NETWORK|service-networks ...`: the request comes
 * from one of these networks, or from one of the requested service's. */
#define PORTVAKT_BUILT_IN portvakt_network
#include "plugins/portvakt-plugin.h"

#include <string.h>

/* The policy parser checks that the networks exist. */
static size_t network_condition_validate(size_t count,
                                         const char *const *arguments,
                                         const char **ret_expected)
{
	(void)arguments;
	*ret_expected = "the name of a network";
	return count > 0 ? 0 : 1;
}

static int network_condition_contains(const char *network,
                                      const char *const *networks)
{
	for (; *networks; networks++)
		if (strcmp(*networks, network) == 0)
			return 1;
	return 0;
}

static const char of_the_service[] = "service-networks";

static int is_in_service_network(const struct portvakt_context *context)
{
	for (const char *const *n = context->networks; *n; n++)
		if (network_condition_contains(*n, context->service_networks))
			return 1;
	return 0;
}

static enum portvakt_verdict network_condition_evaluate(
    size_t count, const char *const *arguments,
    const struct portvakt_context *context)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(arguments[i], of_the_service) == 0
		        ? is_in_service_network(context)
		        : network_condition_contains(arguments[i],
		                                     context->networks))
			return PORTVAKT_PERMIT;
	return PORTVAKT_DENY;
}

static const struct portvakt_condition conditions[] = {
	{ .name = "from",
	  .description =
	      "NETWORK ...: the request comes from one of these networks; "
	      "service-networks: from one of those in networks of the "
	      "service.",
	  .validate = network_condition_validate,
	  .evaluate = network_condition_evaluate,
	  .reason = "network" },
	{ .name = NULL },
};

const struct portvakt_plugin PORTVAKT_PLUGIN = {
	.version = PORTVAKT_PLUGIN_1,
	.name = "network",
	.conditions = conditions,
};

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * network.c: condition `from NETWORK ...`: the request comes from one of these
 * networks. */
#define PORTVAKT_BUILT_IN portvakt_network
#include "plugins/portvakt-plugin.h"

#include <string.h>

/* The policy parser checks that the networks exist. */
static size_t from_read(size_t count, const char *const *arguments,
                        const char **ret_why)
{
	(void)arguments;
	*ret_why = "the name of a network";
	return count > 0 ? 0 : 1;
}

static int is_in(const char *network, const char *const *networks)
{
	for (; *networks; networks++)
		if (strcmp(*networks, network) == 0)
			return 1;
	return 0;
}

static enum portvakt_verdict from_judge(size_t count,
                                        const char *const *arguments,
                                        const struct portvakt_facts *facts)
{
	for (size_t i = 0; i < count; i++)
		if (is_in(arguments[i], facts->networks))
			return PORTVAKT_PERMIT;
	return PORTVAKT_DENY;
}

static const struct portvakt_word words[] = {
	{ .name = "from",
	  .explained = "NETWORK ...: the request comes from one of them.",
	  .read = from_read,
	  .judge = from_judge,
	  .reason = "network" },
	{ .name = NULL },
};

const struct portvakt_plugin PORTVAKT_PLUGIN = {
	.version = PORTVAKT_PLUGIN_1,
	.name = "network",
	.words = words,
};

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * connects.c: creates a socket, then returns PERMIT. */
#include <sys/socket.h>

#include "tests/plugins/test-plugin.h"

static enum portvakt_verdict evaluate(size_t count,
                                      const char *const *arguments,
                                      const struct portvakt_context *facts)
{
	(void)count;
	(void)arguments;
	(void)facts;
	(void)!socket(AF_INET, SOCK_STREAM, 0);
	return PORTVAKT_PERMIT;
}

TEST_PLUGIN("connects", evaluate)

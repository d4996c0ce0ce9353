/* SPDX-License-Identifier: AGPL-3.0-or-later
 * waits.c: answers after 60 ms without using the processor, like a worker
 * on a machine that is too busy. */
#include <poll.h>

#include "tests/plugins/test-plugin.h"

static enum portvakt_verdict evaluate(size_t count,
                                      const char *const *arguments,
                                      const struct portvakt_context *facts)
{
	(void)count;
	(void)arguments;
	(void)facts;
	(void)poll(NULL, 0, 60);
	return PORTVAKT_PERMIT;
}

TEST_PLUGIN("waits", evaluate)

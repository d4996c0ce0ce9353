/* SPDX-License-Identifier: AGPL-3.0-or-later
 * forks.c: forks, then returns PERMIT. */
#include "tests/plugins/test-plugin.h"

static enum portvakt_verdict evaluate(size_t count,
                                      const char *const *arguments,
                                      const struct portvakt_context *facts)
{
	(void)count;
	(void)arguments;
	(void)facts;
	(void)!fork();
	return PORTVAKT_PERMIT;
}

TEST_PLUGIN("forks", evaluate)

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * aborts.c: calls abort(), then would return PERMIT. */
#include "tests/plugins/test-plugin.h"

static enum portvakt_verdict evaluate(size_t count,
                                      const char *const *arguments,
                                      const struct portvakt_context *facts)
{
	(void)count;
	(void)arguments;
	(void)facts;
	abort();
	return PORTVAKT_PERMIT;
}

TEST_PLUGIN("aborts", evaluate)

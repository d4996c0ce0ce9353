/* SPDX-License-Identifier: AGPL-3.0-or-later
 * flips.c: keeps state: every other question is permitted. */
#include "tests/plugins/test-plugin.h"

static enum portvakt_verdict evaluate(size_t count,
                                      const char *const *arguments,
                                      const struct portvakt_context *facts)
{
	static int calls;

	(void)count, (void)arguments, (void)facts;
	return calls++ % 3 ? PORTVAKT_PERMIT : PORTVAKT_DENY;
}

TEST_PLUGIN("flips", evaluate)

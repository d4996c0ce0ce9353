/* SPDX-License-Identifier: AGPL-3.0-or-later
 * hungry.c: allocates all memory; never returns PERMIT. */
#include "tests/plugins/test-plugin.h"

static enum portvakt_verdict evaluate(size_t count,
                                      const char *const *arguments,
                                      const struct portvakt_context *facts)
{
	(void)count;
	(void)arguments;
	(void)facts;
	for (size_t taken = 0; taken < 1024; taken++) {
		char *more = malloc(1 << 20);

		if (!more)
			break;
		memset(more, 1, 1 << 20);
	}
	return PORTVAKT_DENY;
}

TEST_PLUGIN("hungry", evaluate)

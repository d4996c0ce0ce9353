/* SPDX-License-Identifier: AGPL-3.0-or-later
 * once.c: returns PERMIT once and aborts on the second call. The second request
 * of one worker and the first of the next must give the same result. */
#include "tests/plugins/test-plugin.h"

static enum portvakt_verdict evaluate(size_t count,
                                      const char *const *arguments,
                                      const struct portvakt_context *facts)
{
	static int calls;

	(void)count;
	(void)arguments;
	(void)facts;
	if (calls++ > 0)
		abort();
	return PORTVAKT_PERMIT;
}

TEST_PLUGIN("once", evaluate)

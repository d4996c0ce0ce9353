/* SPDX-License-Identifier: AGPL-3.0-or-later
 * loops.c: loops forever, then would return PERMIT. */
#include "tests/plugins/test-plugin.h"

static enum portvakt_verdict evaluate(size_t count,
                                      const char *const *arguments,
                                      const struct portvakt_context *facts)
{
	(void)count;
	(void)arguments;
	(void)facts;
	for (volatile int i = 0;; i = i + 1)
		continue;
	return PORTVAKT_PERMIT;
}

TEST_PLUGIN("loops", evaluate)

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * crashes.c: writes to an invalid address, then would return PERMIT. */
#include "tests/plugins/test-plugin.h"

static enum portvakt_verdict evaluate(size_t count,
                                      const char *const *arguments,
                                      const struct portvakt_context *facts)
{
	(void)count;
	(void)arguments;
	(void)facts;
	volatile int *nowhere = (int *)16;

	*nowhere = 1;
	return PORTVAKT_PERMIT;
}

TEST_PLUGIN("crashes", evaluate)

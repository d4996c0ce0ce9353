/* SPDX-License-Identifier: AGPL-3.0-or-later
 * crashes.c: writes where nothing is, then says yes. */
#include "tests/plugins/test-plugin.h"

static enum portvakt_verdict judge(size_t count, const char *const *arguments,
                                   const struct portvakt_facts *facts)
{
	(void)count;
	(void)arguments;
	(void)facts;
	volatile int *nowhere = (int *)16;

	*nowhere = 1;
	return PORTVAKT_PERMIT;
}

TEST_PLUGIN("crashes", judge)

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * exits.c: calls _exit(), then would return PERMIT. */
#include "tests/plugins/test-plugin.h"

static enum portvakt_verdict evaluate(size_t count,
                                      const char *const *arguments,
                                      const struct portvakt_context *facts)
{
	(void)count;
	(void)arguments;
	(void)facts;
	_exit(0);
	return PORTVAKT_PERMIT;
}

TEST_PLUGIN("exits", evaluate)

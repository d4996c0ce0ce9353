/* SPDX-License-Identifier: AGPL-3.0-or-later
 * rubbish.c: returns a value that is not a verdict. */
#include "tests/plugins/test-plugin.h"

static enum portvakt_verdict evaluate(size_t count,
                                      const char *const *arguments,
                                      const struct portvakt_context *facts)
{
	(void)count;
	(void)arguments;
	(void)facts;
	return (enum portvakt_verdict)4711;
}

TEST_PLUGIN("rubbish", evaluate)

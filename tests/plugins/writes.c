/* SPDX-License-Identifier: AGPL-3.0-or-later
 * writes.c: writes to its log: a line that looks like one of the program,
 * one that is too long, and more than is kept. */
#include <stdio.h>

#include "tests/plugins/test-plugin.h"

static enum portvakt_verdict evaluate(size_t count,
                                      const char *const *arguments,
                                      const struct portvakt_context *facts)
{
	(void)count;
	(void)arguments;
	(void)facts;
	(void)fprintf(stderr,
	              "plain\n<3>forged time=x program=portvakt-web\x1b[2J "
	              "end\"\n");
	for (int i = 0; i < 500; i++)
		(void)fprintf(stderr, "%d %0600d\n", i, i);
	return PORTVAKT_PERMIT;
}

TEST_PLUGIN("writes", evaluate)

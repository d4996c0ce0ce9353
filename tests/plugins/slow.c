/* SPDX-License-Identifier: AGPL-3.0-or-later
 * slow.c: uses the processor for 5 ms, which the contract allows. */
#include <time.h>

#include "tests/plugins/test-plugin.h"

static enum portvakt_verdict evaluate(size_t count,
                                      const char *const *arguments,
                                      const struct portvakt_context *facts)
{
	(void)count;
	(void)arguments;
	(void)facts;
	struct timespec began, now;

	(void)clock_gettime(CLOCK_MONOTONIC, &began);
	do
		(void)clock_gettime(CLOCK_MONOTONIC, &now);
	while ((now.tv_sec - began.tv_sec) * 1000000000 +
	           (now.tv_nsec - began.tv_nsec) <
	       5000000);
	return PORTVAKT_PERMIT;
}

TEST_PLUGIN("slow", evaluate)

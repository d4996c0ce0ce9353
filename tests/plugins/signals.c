/* SPDX-License-Identifier: AGPL-3.0-or-later
 * signals.c: sends a signal. */
#include <signal.h>

#include "tests/plugins/test-plugin.h"

static enum portvakt_verdict evaluate(size_t count,
                                      const char *const *arguments,
                                      const struct portvakt_context *facts)
{
	(void)count;
	(void)arguments;
	(void)facts;
	(void)kill(NO_PROCESS, SIGTERM);
	return PORTVAKT_PERMIT;
}

TEST_PLUGIN("signals", evaluate)

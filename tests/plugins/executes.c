/* SPDX-License-Identifier: AGPL-3.0-or-later
 * executes.c: becomes another program, then says yes. */
#include "tests/plugins/test-plugin.h"

static enum portvakt_verdict judge(size_t count, const char *const *arguments,
                                   const struct portvakt_facts *facts)
{
	(void)count;
	(void)arguments;
	(void)facts;
	(void)execl("/bin/true", "true", (char *)NULL);
	return PORTVAKT_PERMIT;
}

TEST_PLUGIN("executes", judge)

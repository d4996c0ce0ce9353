/* SPDX-License-Identifier: AGPL-3.0-or-later
 * opens.c: says yes if it can open a file, and no if it cannot. */
#include <fcntl.h>

#include "tests/plugins/test-plugin.h"

static enum portvakt_verdict judge(size_t count, const char *const *arguments,
                                   const struct portvakt_facts *facts)
{
	(void)count;
	(void)arguments;
	(void)facts;
	return open("/etc/passwd", O_RDONLY) >= 0 ? PORTVAKT_PERMIT
	                                          : PORTVAKT_DENY;
}

TEST_PLUGIN("opens", judge)

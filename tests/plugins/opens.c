/* SPDX-License-Identifier: AGPL-3.0-or-later
 * opens.c: says no only where opening a file is forbidden, yes where it
 * works or fails for want of something else. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>

#include "tests/plugins/test-plugin.h"

static enum portvakt_verdict judge(size_t count, const char *const *arguments,
                                   const struct portvakt_facts *facts)
{
	(void)count;
	(void)arguments;
	(void)facts;
	bool forbidden = open("/etc/passwd", O_RDONLY) < 0 && errno == EPERM;

	return forbidden ? PORTVAKT_DENY : PORTVAKT_PERMIT;
}

TEST_PLUGIN("opens", judge)

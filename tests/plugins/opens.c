/* SPDX-License-Identifier: AGPL-3.0-or-later
 * opens.c: returns DENY only if opening a file is forbidden (EPERM), PERMIT if
 * it succeeds or fails with another error. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>

#include "tests/plugins/test-plugin.h"

static enum portvakt_verdict evaluate(size_t count,
                                      const char *const *arguments,
                                      const struct portvakt_context *facts)
{
	(void)count;
	(void)arguments;
	(void)facts;
	bool forbidden = open("/etc/passwd", O_RDONLY) < 0 && errno == EPERM;

	return forbidden ? PORTVAKT_DENY : PORTVAKT_PERMIT;
}

TEST_PLUGIN("opens", evaluate)

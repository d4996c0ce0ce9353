/* SPDX-License-Identifier: AGPL-3.0-or-later
 * early.c: tries to read files in a constructor, before any request; returns
 * PERMIT if it succeeded. */
#include <errno.h>
#include <fcntl.h>

#include "tests/plugins/test-plugin.h"

static int escaped;

__attribute__((constructor)) static void try_to_escape(void)
{
	static const char *const files[] = { "/etc/passwd",
		                             "/proc/self/environ",
		                             "/dev/null" };

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		escaped |= open(files[i], O_RDONLY) >= 0 || errno != EPERM;
}

static enum portvakt_verdict evaluate(size_t count,
                                      const char *const *arguments,
                                      const struct portvakt_context *facts)
{
	(void)count;
	(void)arguments;
	(void)facts;
	return escaped ? PORTVAKT_PERMIT : PORTVAKT_DENY;
}

TEST_PLUGIN("early", evaluate)

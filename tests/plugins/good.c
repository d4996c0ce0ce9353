/* SPDX-License-Identifier: AGPL-3.0-or-later
 * good.c: returns PERMIT for the role "yes". */
#include "tests/plugins/test-plugin.h"

static enum portvakt_verdict evaluate(size_t count,
                                      const char *const *arguments,
                                      const struct portvakt_context *facts)
{
	(void)count;
	(void)arguments;
	return facts->roles[0] && strcmp(facts->roles[0], "yes") == 0
	           ? PORTVAKT_PERMIT
	           : PORTVAKT_DENY;
}

TEST_PLUGIN("good", evaluate)

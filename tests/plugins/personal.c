/* SPDX-License-Identifier: AGPL-3.0-or-later
 * personal.c: crashes for one affiliation. */
#include "tests/plugins/test-plugin.h"

static enum portvakt_verdict evaluate(size_t count,
                                      const char *const *arguments,
                                      const struct portvakt_context *facts)
{
	(void)count;
	(void)arguments;
	(void)facts;
	if (strcmp(facts->affiliation, "cursed") == 0)
		abort();
	return PORTVAKT_PERMIT;
}

TEST_PLUGIN("personal", evaluate)

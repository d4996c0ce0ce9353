/* SPDX-License-Identifier: AGPL-3.0-or-later
 * once.c: permits the first time and dies the second: the second question of
 * a child is as innocent as the first of the next. */
#include "tests/plugins/test-plugin.h"

static enum portvakt_verdict judge(size_t count, const char *const *arguments,
                                   const struct portvakt_facts *facts)
{
	static int asked;

	(void)count;
	(void)arguments;
	(void)facts;
	if (asked++ > 0)
		abort();
	return PORTVAKT_PERMIT;
}

TEST_PLUGIN("once", judge)

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * moody.c: crashes for those without the role consent. */
#include "tests/plugins/test-plugin.h"

static enum portvakt_verdict evaluate(size_t count,
                                      const char *const *arguments,
                                      const struct portvakt_context *facts)
{
	(void)count, (void)arguments;
	for (const char *const *role = facts->roles; *role; role++)
		if (strcmp(*role, "consent") == 0)
			return PORTVAKT_PERMIT;
	abort();
}

TEST_PLUGIN("moody", evaluate)

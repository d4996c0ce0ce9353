/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include <pwd.h>
#include <unistd.h>

#include "lib/attr.h"
#include "region/asker.h"

/* Web, doors and judges may be taken over; then they may ask, not order. */
static void only_root_ourselves_and_admin_have_things_done(void **state)
{
	static const char *const others[] = { "nobody", "daemon",
		                              "portvakt-web" };

	(void)state;
	assert_true(asker_is_operator(0));
	assert_true(asker_is_operator(geteuid()));
	for (size_t i = 0; i < LENGTH(others); i++) {
		const struct passwd *user = getpwnam(others[i]);

		if (user && user->pw_uid != geteuid())
			assert_false(asker_is_operator(user->pw_uid));
	}
}

TESTS(only_root_ourselves_and_admin_have_things_done)

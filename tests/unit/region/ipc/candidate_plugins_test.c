/* SPDX-License-Identifier: AGPL-3.0-or-later
 * candidate_plugins_test.c: which machine checks plugins;
 * tests/fault/plugins.py checks them. */
#include "tests/unit/test.h"

#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "region/ipc/candidate_plugins.h"

static bool check(struct arena *a)
{
	const char *const none[] = { NULL };
	const struct config cfg = { 0 };
	const struct accepted_candidate candidate = { &cfg,
		                                      "/nowhere/region.conf",
		                                      "/nowhere", none };
	struct conf_errors errors = { .arena = a };
	struct error err = { 0 };
	bool good = candidate_check_plugins(a, &candidate, &errors, &err);

	assert_int_equal(errors.count, 0);
	return good;
}

static void only_a_machine_with_the_login_service_checks_plugins(void **state)
{
	struct arena *a = arena_open();
	char self[PATH_MAX] = { 0 };

	(void)state;
	assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	const char *web = arena_printf(a, "%s/portvakt-web", dirname(self));

	if (access("/usr/libexec/portvakt/portvakt-web", F_OK) != 0)
		assert_true(check(a));
	/* It has no plugin host, so its plugins cannot be checked. */
	FILE *program = fopen(web, "w");

	assert_non_null(program);
	(void)fclose(program);
	assert_int_equal(chmod(web, 0755), 0);
	bool good = check(a);

	assert_int_equal(unlink(web), 0);
	assert_false(good);
	arena_close(a);
}

TESTS(only_a_machine_with_the_login_service_checks_plugins)

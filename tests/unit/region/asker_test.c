/* SPDX-License-Identifier: AGPL-3.0-or-later
 * Tests of ipc_acl.c. */
#include "tests/unit/test.h"

#include <pwd.h>
#include <unistd.h>

#include "lib/attr.h"
#include "region/asker.h"

/* A compromised web, ldap-auth or plugin-host process may not run commands. */
static void only_root_the_own_uid_and_admin_are_operators(void **state)
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

static void plugin_hosts_and_ldap_auth_may_call_no_process(void **state)
{
	static const char *const all[] = { "keeper",     "scribe",
		                           "watch",      "admin",
		                           "web",        "door@tinn",
		                           "writer",     "sync-keeper",
		                           "judge@tinn", "reader@tinn" };

	(void)state;
	for (size_t i = 0; i < LENGTH(all); i++) {
		assert_false(asker_is_named(all[i], "portvakt-judge"));
		assert_false(asker_is_named(all[i], "portvakt-door"));
		assert_false(asker_is_named(all[i], NULL));
		assert_true(asker_is_named(all[i], "portvakt-admin"));
	}
}

static void each_process_has_its_own_callers(void **state)
{
	(void)state;
	assert_true(asker_is_named("keeper", "portvakt-web"));
	assert_true(asker_is_named("keeper", "portvakt-scribe"));
	assert_false(asker_is_named("keeper", "portvakt-reader"));
	assert_true(asker_is_named("sync-keeper", "portvakt-reader"));
	assert_false(asker_is_named("sync-keeper", "portvakt-web"));
	assert_true(asker_is_named("door@tinn", "portvakt-web"));
	assert_true(asker_is_named("door@tinn", "portvakt-bind"));
	assert_true(asker_is_named("scribe", "portvakt-bind"));
	assert_false(asker_is_named("keeper", "portvakt-bind"));
	assert_true(asker_is_named("judge@tinn", "portvakt-web"));
	assert_false(asker_is_named("writer", "portvakt-web"));
	assert_false(asker_is_named("reader@tinn", "portvakt-web"));
	assert_false(asker_is_named("web", "portvakt-keeper"));
}

TESTS(plugin_hosts_and_ldap_auth_may_call_no_process,
      each_process_has_its_own_callers,
      only_root_the_own_uid_and_admin_are_operators)

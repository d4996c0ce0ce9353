/* SPDX-License-Identifier: AGPL-3.0-or-later
 * Tests of ipc_acl.c. */
#include "tests/unit/test.h"

#include <pwd.h>
#include <unistd.h>

#include "lib/compiler.h"
#include "region/ipc/ipc_acl.h"

/* A compromised web, ldap-auth or plugin-host process may not run commands. */
static void only_root_the_own_uid_and_admin_are_operators(void **state)
{
	static const char *const others[] = { "nobody", "daemon",
		                              "portvakt-web" };

	(void)state;
	assert_true(ipc_acl_is_operator(0));
	assert_true(ipc_acl_is_operator(geteuid()));
	for (size_t i = 0; i < LENGTH(others); i++) {
		const struct passwd *user = getpwnam(others[i]);

		if (user && user->pw_uid != geteuid())
			assert_false(ipc_acl_is_operator(user->pw_uid));
	}
}

static void plugin_hosts_and_ldap_auth_may_call_no_process(void **state)
{
	static const char *const all[] = {
		"signer",        "audit",     "revocation",
		"admin",         "web",       "ldap-auth@tinn",
		"provisioner",   "id-crypto", "plugin-host@tinn",
		"connector@tinn"
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(all); i++) {
		assert_false(
		    ipc_acl_allows_user(all[i], "portvakt-plugin-host"));
		assert_false(ipc_acl_allows_user(all[i], "portvakt-ldap-auth"));
		assert_false(ipc_acl_allows_user(all[i], NULL));
		assert_true(ipc_acl_allows_user(all[i], "portvakt-admin"));
	}
}

static void each_process_has_its_own_callers(void **state)
{
	(void)state;
	assert_true(ipc_acl_allows_user("signer", "portvakt-web"));
	assert_true(ipc_acl_allows_user("signer", "portvakt-audit"));
	assert_false(ipc_acl_allows_user("signer", "portvakt-connector"));
	assert_true(ipc_acl_allows_user("id-crypto", "portvakt-connector"));
	assert_false(ipc_acl_allows_user("id-crypto", "portvakt-web"));
	assert_true(ipc_acl_allows_user("ldap-auth@tinn", "portvakt-web"));
	assert_true(
	    ipc_acl_allows_user("ldap-auth@tinn", "portvakt-slapd-sock"));
	assert_true(ipc_acl_allows_user("audit", "portvakt-slapd-sock"));
	assert_false(ipc_acl_allows_user("signer", "portvakt-slapd-sock"));
	assert_true(ipc_acl_allows_user("plugin-host@tinn", "portvakt-web"));
	assert_false(ipc_acl_allows_user("provisioner", "portvakt-web"));
	assert_false(ipc_acl_allows_user("connector@tinn", "portvakt-web"));
	assert_false(ipc_acl_allows_user("web", "portvakt-signer"));
}

/* Web calls admin to report a proved link, and for nothing else. */
static void web_may_send_admin_a_proved_link_but_no_command(void **state)
{
	static const enum ipc_message_type operators_only[] = {
		IPC_COMMAND, IPC_CONFIG_PREPARE, IPC_CONFIG_ACTIVATE
	};
	static const char *const others[] = { "portvakt-audit",
		                              "portvakt-slapd-sock",
		                              "portvakt-connector", "nobody" };

	(void)state;
	assert_true(ipc_acl_allows_user("admin", "portvakt-web"));
	assert_true(ipc_acl_user_may_send("portvakt-web", IPC_LINK_PROVED));
	for (size_t i = 0; i < LENGTH(operators_only); i++) {
		assert_false(
		    ipc_acl_user_may_send("portvakt-web", operators_only[i]));
		assert_true(
		    ipc_acl_user_may_send("portvakt-admin", operators_only[i]));
		assert_true(ipc_acl_may_send(geteuid(), operators_only[i]));
	}
	for (size_t i = 0; i < LENGTH(others); i++) {
		const struct passwd *user = getpwnam(others[i]);

		assert_false(ipc_acl_allows_user("admin", others[i]));
		assert_false(ipc_acl_user_may_send(others[i], IPC_LINK_PROVED));
		if (user && user->pw_uid != geteuid())
			assert_false(
			    ipc_acl_may_send(user->pw_uid, IPC_LINK_PROVED));
	}
	assert_true(ipc_acl_user_may_send("portvakt-web", IPC_SIGN_TOKEN));
}

TESTS(web_may_send_admin_a_proved_link_but_no_command,
      plugin_hosts_and_ldap_auth_may_call_no_process,
      each_process_has_its_own_callers,
      only_root_the_own_uid_and_admin_are_operators)

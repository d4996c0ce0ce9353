/* SPDX-License-Identifier: AGPL-3.0-or-later
 * Tests of ipc_acl.c. */
#include "tests/unit/test.h"

#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/compiler.h"
#include "lib/strbuf.h"
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

/* What each role may ask, and of which process; W: web, A: audit, S:
 * slapd-sock, C: connector.  Every other message is for operators.  It is
 * written here a second time, so that a change of ipc_messages.def that opens
 * something is seen. */
static const struct {
	const char *name, *process, *roles;
} senders[] = {
	{ "config-prepare", "signer", "" },
	{ "config-activate", "signer", "" },
	{ "sign-token", "signer", "W" },
	{ "sign-saml", "signer", "W" },
	{ "sign-saml-response", "signer", "W" },
	{ "sign-query", "signer", "W" },
	{ "public-keys", "signer", "WA" },
	{ "subject-identifier", "signer", "W" },
	{ "mac-create", "signer", "W" },
	{ "mac-verify", "signer", "W" },
	{ "key-list", "signer", "" },
	{ "key-rotate", "signer", "" },
	{ "key-init", "signer", "" },
	{ "sign-audit-head", "signer", "A" },
	{ "export-salt", "signer", "" },
	{ "import-public-key", "signer", "" },
	{ "sign-manifest", "signer", "" },
	{ "import-salt", "signer", "" },
	{ "transaction-keys", "signer", "W" },
	{ "ended-sessions", "revocation", "W" },
	{ "join-value", "id-crypto", "C" },
	{ "encrypt-national-id", "id-crypto", "C" },
	{ "verify-password", "ldap-auth@tinn", "WS" },
	{ "change-password", "ldap-auth@tinn", "W" },
	{ "evaluate", "plugin-host@tinn", "W" },
	{ "plugin-list", "plugin-host@tinn", "" },
	{ "plugin-rollback", "plugin-host@tinn", "" },
	{ "evaluate-one", "plugin-worker", "" },
	{ "worker-start", "plugin-worker", "" },
	{ "worker-validate", "plugin-worker", "" },
	{ "audit-append", "audit", "WS" },
	{ "audit-find", "audit", "" },
	{ "audit-verify", "audit", "" },
	{ "audit-trials", "audit", "" },
	{ "purge-municipality", "audit", "" },
	{ "purge-municipality", "signer", "" },
	{ "command", "admin", "" },
	{ "link-proved", "admin", "W" },
	{ "supervisor-started", "admin", "" },
	{ "audit-emergencies", "audit", "" },
	{ "emergency-list", "admin", "" },
	{ "sync-open", "provisioner", "C" },
	{ "sync-begin", "provisioner", "C" },
	{ "sync-entries", "provisioner", "C" },
	{ "sync-present", "provisioner", "C" },
	{ "sync-deleted", "provisioner", "C" },
	{ "sync-commit", "provisioner", "C" },
	{ "sync-abort", "provisioner", "C" },
};

static const struct {
	char letter;
	const char *user;
} roles[] = {
	{ 'W', "portvakt-web" },
	{ 'A', "portvakt-audit" },
	{ 'S', "portvakt-slapd-sock" },
	{ 'C', "portvakt-connector" },
	{ '-', "portvakt-signer" },
	{ '-', "portvakt-ldap-auth" },
	{ '-', "portvakt-plugin-host" },
	{ '-', "portvakt-revocation" },
	{ '-', "portvakt-provisioner" },
	{ '-', "portvakt-feide" },
	{ '-', "haproxy" },
};

static bool may_ask(const char *user, const char *process,
                    const struct ipc_message *m)
{
	return ipc_acl_allows_user(process, user) &&
	       ipc_acl_user_may_send(user, (enum ipc_message_type)m->type);
}

static const struct ipc_message *message_named(const char *name)
{
	for (size_t i = 0; i < ipc_message_count; i++)
		if (text_equal(ipc_messages[i].name, name))
			return &ipc_messages[i];
	fail_msg("no message %s", name);
	return NULL;
}

static void each_message_has_its_own_senders(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(senders); i++) {
		const struct ipc_message *m = message_named(senders[i].name);

		printf("# %-20s %-16s", senders[i].name, senders[i].process);
		for (size_t j = 0; j < LENGTH(roles); j++) {
			bool expected =
			    strchr(senders[i].roles, roles[j].letter);
			bool may =
			    may_ask(roles[j].user, senders[i].process, m);

			printf(" %s", may ? roles[j].user + 9 : "-");
			if (may != expected)
				fail_msg("%s by %s", senders[i].name,
				         roles[j].user);
		}
		printf("\n");
	}
}

static bool is_in_table(const char *name, const char *process)
{
	for (size_t i = 0; i < LENGTH(senders); i++)
		if (text_equal(senders[i].name, name) &&
		    (!process ||
		     (text_starts(senders[i].process, process) &&
		      strcspn(senders[i].process, "@") == strlen(process))))
			return true;
	return false;
}

static void no_message_is_missing_in_the_table_of_this_test(void **state)
{
	(void)state;
	for (size_t i = 0; i < ipc_message_count; i++) {
		const struct ipc_message *m = &ipc_messages[i];

		if (!m->from_everyone && !is_in_table(m->name, NULL))
			fail_msg("%s", m->name);
		for (size_t j = 0; m->to && m->to[j]; j++)
			if (!is_in_table(m->name, m->to[j]))
				fail_msg("%s to %s", m->name, m->to[j]);
	}
}

TESTS(each_message_has_its_own_senders,
      no_message_is_missing_in_the_table_of_this_test,
      web_may_send_admin_a_proved_link_but_no_command,
      plugin_hosts_and_ldap_auth_may_call_no_process,
      each_process_has_its_own_callers,
      only_root_the_own_uid_and_admin_are_operators)

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * Tests of ipc_acl.c. */
#include "tests/unit/test.h"

#include <pwd.h>
#include <stdio.h>
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

/* What each role may ask, and of which process; W: web, A: audit, S:
 * slapd-sock, C: connector.  Every other message is for operators. */
static const struct {
	const char *name;
	enum ipc_message_type type;
	const char *process, *roles;
} messages[] = {
#define MESSAGE(type, process, roles)             \
	{                                         \
#type, IPC_##type, process, roles \
	}
	MESSAGE(CONFIG_PREPARE, "signer", ""),
	MESSAGE(CONFIG_ACTIVATE, "signer", ""),
	MESSAGE(SIGN_TOKEN, "signer", "W"),
	MESSAGE(SIGN_SAML, "signer", "W"),
	MESSAGE(SIGN_QUERY, "signer", "W"),
	MESSAGE(PUBLIC_KEYS, "signer", "WA"),
	MESSAGE(SUBJECT_IDENTIFIER, "signer", "W"),
	MESSAGE(MAC_CREATE, "signer", "W"),
	MESSAGE(MAC_VERIFY, "signer", "W"),
	MESSAGE(KEY_LIST, "signer", ""),
	MESSAGE(KEY_ROTATE, "signer", ""),
	MESSAGE(SIGN_AUDIT_HEAD, "signer", "A"),
	MESSAGE(EXPORT_SALT, "signer", ""),
	MESSAGE(IMPORT_PUBLIC_KEY, "signer", ""),
	MESSAGE(SIGN_MANIFEST, "signer", ""),
	MESSAGE(IMPORT_SALT, "signer", ""),
	MESSAGE(TRANSACTION_KEYS, "signer", "W"),
	MESSAGE(JOIN_VALUE, "id-crypto", "C"),
	MESSAGE(ENCRYPT_NATIONAL_ID, "id-crypto", "C"),
	MESSAGE(VERIFY_PASSWORD, "ldap-auth@tinn", "WS"),
	MESSAGE(CHANGE_PASSWORD, "ldap-auth@tinn", "W"),
	MESSAGE(EVALUATE, "plugin-host@tinn", "W"),
	MESSAGE(AUDIT_APPEND, "audit", "WS"),
	MESSAGE(AUDIT_FIND, "audit", ""),
	MESSAGE(AUDIT_VERIFY, "audit", ""),
	MESSAGE(PURGE_MUNICIPALITY, "audit", ""),
	MESSAGE(COMMAND, "admin", ""),
	MESSAGE(LINK_PROVED, "admin", "W"),
	MESSAGE(SYNC_OPEN, "provisioner", "C"),
	MESSAGE(SYNC_BEGIN, "provisioner", "C"),
	MESSAGE(SYNC_ENTRIES, "provisioner", "C"),
	MESSAGE(SYNC_PRESENT, "provisioner", "C"),
	MESSAGE(SYNC_DELETED, "provisioner", "C"),
	MESSAGE(SYNC_COMMIT, "provisioner", "C"),
	MESSAGE(SYNC_ABORT, "provisioner", "C"),
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

static void each_message_has_its_own_senders(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(messages); i++) {
		printf("# %-20s %-16s", messages[i].name, messages[i].process);
		for (size_t j = 0; j < LENGTH(roles); j++) {
			bool expected =
			    strchr(messages[i].roles, roles[j].letter);
			bool may = ipc_acl_allows_user(messages[i].process,
			                               roles[j].user) &&
			           ipc_acl_user_may_send(roles[j].user,
			                                 messages[i].type);

			printf(" %s", may ? roles[j].user + 9 : "-");
			if (may != expected)
				fail_msg("%s by %s", messages[i].name,
				         roles[j].user);
		}
		printf("\n");
	}
}

TESTS(each_message_has_its_own_senders,
      web_may_send_admin_a_proved_link_but_no_command,
      plugin_hosts_and_ldap_auth_may_call_no_process,
      each_process_has_its_own_callers,
      only_root_the_own_uid_and_admin_are_operators)

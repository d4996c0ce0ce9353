/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ipc_acl.c: which users may call which process with which requests, by
 * SO_PEERCRED. */
#include "region/ipc/ipc_acl.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/compiler.h"
#include "lib/strbuf.h"

static const char admin_user[] = "portvakt-admin";

enum { MAX_ACL_USERS = 2 };

/* The users of each process when a supervisor was started by root; admin may
 * call every process, for reloads.  Plugin hosts run foreign code and ldap-auth
 * processes talk to foreign servers, so they may call none. */
static const struct ipc_acl_rule {
	const char *name;
	const char *users[MAX_ACL_USERS];
} ipc_acl_rules[] = {
	{ "signer", { "portvakt-web", "portvakt-audit" } },
	{ "audit", { "portvakt-web", "portvakt-slapd-sock" } },
	{ "ldap-auth", { "portvakt-web", "portvakt-slapd-sock" } },
	{ "plugin-host", { "portvakt-web" } },
	{ "id-crypto", { "portvakt-connector" } },
	{ "provisioner", { "portvakt-connector" } },
	{ "admin", { "portvakt-web" } },
};

enum { MAX_SENDERS = 2 };

/* The users that may send each request to a process that they may call.  A
 * request without a row is for operators only. */
static const struct ipc_senders {
	enum ipc_message_type type;
	const char *users[MAX_SENDERS];
} ipc_senders[] = {
	{ IPC_SIGN_TOKEN, { "portvakt-web" } },
	{ IPC_SIGN_SAML, { "portvakt-web" } },
	{ IPC_SIGN_QUERY, { "portvakt-web" } },
	{ IPC_PUBLIC_KEYS, { "portvakt-web", "portvakt-audit" } },
	{ IPC_SUBJECT_IDENTIFIER, { "portvakt-web" } },
	{ IPC_MAC_CREATE, { "portvakt-web" } },
	{ IPC_MAC_VERIFY, { "portvakt-web" } },
	{ IPC_TRANSACTION_KEYS, { "portvakt-web" } },
	{ IPC_SIGN_AUDIT_HEAD, { "portvakt-audit" } },
	{ IPC_VERIFY_PASSWORD, { "portvakt-web", "portvakt-slapd-sock" } },
	{ IPC_CHANGE_PASSWORD, { "portvakt-web" } },
	{ IPC_EVALUATE, { "portvakt-web" } },
	{ IPC_AUDIT_APPEND, { "portvakt-web", "portvakt-slapd-sock" } },
	{ IPC_LINK_PROVED, { "portvakt-web" } },
	{ IPC_JOIN_VALUE, { "portvakt-connector" } },
	{ IPC_ENCRYPT_NATIONAL_ID, { "portvakt-connector" } },
	{ IPC_SYNC_OPEN, { "portvakt-connector" } },
	{ IPC_SYNC_BEGIN, { "portvakt-connector" } },
	{ IPC_SYNC_ENTRIES, { "portvakt-connector" } },
	{ IPC_SYNC_PRESENT, { "portvakt-connector" } },
	{ IPC_SYNC_DELETED, { "portvakt-connector" } },
	{ IPC_SYNC_COMMIT, { "portvakt-connector" } },
	{ IPC_SYNC_ABORT, { "portvakt-connector" } },
};

struct ipc_acl {
	size_t count;
	uid_t uids[MAX_ACL_USERS + 3];
};

static bool find_user_uid(const char *name, uid_t *ret_uid)
{
	char buffer[4096];
	struct passwd user;
	struct passwd *found = NULL;

	if (getpwnam_r(name, &user, buffer, sizeof(buffer), &found) != 0 ||
	    !found)
		return false;
	*ret_uid = user.pw_uid;
	return true;
}

/* "ldap-auth@tinn" uses the row "ldap-auth". */
static const struct ipc_acl_rule *ipc_acl_find_rule(const char *name)
{
	size_t length = strcspn(name, "@");

	for (size_t i = 0; i < LENGTH(ipc_acl_rules); i++)
		if (strlen(ipc_acl_rules[i].name) == length &&
		    strncmp(ipc_acl_rules[i].name, name, length) == 0)
			return &ipc_acl_rules[i];
	return NULL;
}

bool ipc_acl_allows_user(const char *name, const char *user)
{
	const struct ipc_acl_rule *rule = ipc_acl_find_rule(name);

	for (size_t i = 0; rule && i < MAX_ACL_USERS; i++)
		if (rule->users[i] && text_equal(rule->users[i], user))
			return true;
	return text_equal(user, admin_user);
}

static void ipc_acl_add_user(struct ipc_acl *acl, const char *name)
{
	if (name && find_user_uid(name, &acl->uids[acl->count]))
		acl->count++;
}

struct ipc_acl *ipc_acl_open(const char *name)
{
	struct ipc_acl *acl = calloc(1, sizeof(*acl));
	const struct ipc_acl_rule *rule = ipc_acl_find_rule(name);

	if (!acl)
		abort();
	acl->uids[acl->count++] = 0;
	acl->uids[acl->count++] = geteuid();
	ipc_acl_add_user(acl, admin_user);
	for (size_t i = 0; rule && i < MAX_ACL_USERS; i++)
		ipc_acl_add_user(acl, rule->users[i]);
	return acl;
}

void ipc_acl_close(struct ipc_acl *acl)
{
	free(acl);
}

bool ipc_acl_check_peer(const struct ipc_acl *acl, int fd, uid_t *ret_uid)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
		return false;
	for (size_t i = 0; i < acl->count; i++) {
		if (acl->uids[i] == peer.uid) {
			*ret_uid = peer.uid;
			return true;
		}
	}
	return false;
}

bool ipc_acl_is_operator(uid_t uid)
{
	uid_t admin;

	if (uid == 0 || uid == geteuid())
		return true;
	return find_user_uid(admin_user, &admin) && admin == uid;
}

static const struct ipc_senders *ipc_senders_find(enum ipc_message_type type)
{
	for (size_t i = 0; i < LENGTH(ipc_senders); i++)
		if (ipc_senders[i].type == type)
			return &ipc_senders[i];
	return NULL;
}

bool ipc_acl_user_may_send(const char *user, enum ipc_message_type type)
{
	const struct ipc_senders *row = ipc_senders_find(type);

	if (type == IPC_STATUS || text_equal(user, admin_user))
		return true;
	for (size_t i = 0; row && i < MAX_SENDERS; i++)
		if (row->users[i] && text_equal(row->users[i], user))
			return true;
	return false;
}

bool ipc_acl_may_send(uid_t uid, enum ipc_message_type type)
{
	const struct ipc_senders *row = ipc_senders_find(type);
	uid_t user;

	if (type == IPC_STATUS || ipc_acl_is_operator(uid))
		return true;
	for (size_t i = 0; row && i < MAX_SENDERS; i++)
		if (row->users[i] && find_user_uid(row->users[i], &user) &&
		    user == uid)
			return true;
	return false;
}

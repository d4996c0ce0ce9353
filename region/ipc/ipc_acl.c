/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ipc_acl.c: which users may call which process with which requests, by
 * SO_PEERCRED, from the table of messages.  Admin and the supervisors may call
 * every process, for reloads and operators' commands.  Plugin hosts run foreign
 * code and ldap-auth processes talk to foreign servers, so they send no
 * message. */
#include "region/ipc/ipc_acl.h"

#include <assert.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/compiler.h"
#include "lib/strbuf.h"

/* Beside root and the process's own user. */
static const char *const operator_users[] = { "portvakt-admin", "portvakt" };

enum { MAX_ACL_UIDS = 17 };

struct ipc_acl {
	size_t count;
	uid_t uids[MAX_ACL_UIDS];
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

/* The role of "ldap-auth@tinn" is ldap-auth. */
static bool ipc_acl_is_role(const char *name, const char *role)
{
	size_t length = strcspn(name, "@");

	return strlen(role) == length && strncmp(role, name, length) == 0;
}

static bool ipc_message_is_to(const struct ipc_message *m, const char *name)
{
	for (size_t i = 0; m->to && m->to[i]; i++)
		if (ipc_acl_is_role(name, m->to[i]))
			return true;
	return false;
}

static bool ipc_message_is_from(const struct ipc_message *m, const char *user)
{
	for (size_t i = 0; m->from[i]; i++)
		if (text_equal(m->from[i], user))
			return true;
	return false;
}

static bool ipc_acl_is_operator_user(const char *user)
{
	for (size_t i = 0; i < LENGTH(operator_users); i++)
		if (text_equal(user, operator_users[i]))
			return true;
	return false;
}

/* A user may call a process if there is a message from the one to the other. */
bool ipc_acl_allows_user(const char *name, const char *user)
{
	for (size_t i = 0; i < ipc_message_count; i++)
		if (ipc_message_is_to(&ipc_messages[i], name) &&
		    ipc_message_is_from(&ipc_messages[i], user))
			return true;
	return ipc_acl_is_operator_user(user);
}

static void ipc_acl_add_user(struct ipc_acl *acl, const char *name)
{
	uid_t uid;

	if (!find_user_uid(name, &uid))
		return;
	for (size_t i = 0; i < acl->count; i++)
		if (acl->uids[i] == uid)
			return;
	assert(acl->count < MAX_ACL_UIDS);
	acl->uids[acl->count++] = uid;
}

struct ipc_acl *ipc_acl_open(const char *name)
{
	struct ipc_acl *acl = calloc(1, sizeof(*acl));

	if (!acl)
		abort();
	acl->uids[acl->count++] = 0;
	acl->uids[acl->count++] = geteuid();
	for (size_t i = 0; i < LENGTH(operator_users); i++)
		ipc_acl_add_user(acl, operator_users[i]);
	for (size_t i = 0; i < ipc_message_count; i++)
		for (size_t j = 0; ipc_message_is_to(&ipc_messages[i], name) &&
		                   ipc_messages[i].from[j];
		     j++)
			ipc_acl_add_user(acl, ipc_messages[i].from[j]);
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
	uid_t operator;

	if (uid == 0 || uid == geteuid())
		return true;
	for (size_t i = 0; i < LENGTH(operator_users); i++)
		if (find_user_uid(operator_users[i], &operator) && operator==
		    uid)
			return true;
	return false;
}

bool ipc_acl_user_may_send(const char *user, enum ipc_message_type type)
{
	const struct ipc_message *m = ipc_message_find(type);

	return ipc_acl_is_operator_user(user) ||
	       (m && (m->from_everyone || ipc_message_is_from(m, user)));
}

bool ipc_acl_may_send(uid_t uid, enum ipc_message_type type)
{
	const struct ipc_message *m = ipc_message_find(type);
	uid_t user;

	if (ipc_acl_is_operator(uid) || (m && m->from_everyone))
		return true;
	for (size_t i = 0; m && m->from[i]; i++)
		if (find_user_uid(m->from[i], &user) && user == uid)
			return true;
	return false;
}

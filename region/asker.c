/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ipc_acl.c: which users may call which process, by SO_PEERCRED. */
#include "region/asker.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/attr.h"
#include "lib/text.h"

static const char admin_user[] = "portvakt-admin";

enum { MOST_USERS = 2 };

/* The users of each process when a supervisor was started by root; admin may
 * call every process, for reloads.  Plugin hosts run foreign code and ldap-auth
 * processes talk to foreign servers, so they may call none. */
static const struct asked {
	const char *name;
	const char *users[MOST_USERS];
} table[] = {
	{ "keeper", { "portvakt-web", "portvakt-scribe" } },
	{ "scribe", { "portvakt-web", "portvakt-bind" } },
	{ "door", { "portvakt-web", "portvakt-bind" } },
	{ "judge", { "portvakt-web" } },
	{ "sync-keeper", { "portvakt-reader" } },
	{ "writer", { "portvakt-reader" } },
};

struct askers {
	size_t count;
	uid_t uids[MOST_USERS + 3];
};

static bool find_user(const char *name, uid_t *ret_uid)
{
	char room[4096];
	struct passwd user;
	struct passwd *found = NULL;

	if (getpwnam_r(name, &user, room, sizeof(room), &found) != 0 || !found)
		return false;
	*ret_uid = user.pw_uid;
	return true;
}

/* "door@tinn" uses the row "door". */
static const struct asked *row_of(const char *name)
{
	size_t length = strcspn(name, "@");

	for (size_t i = 0; i < LENGTH(table); i++)
		if (strlen(table[i].name) == length &&
		    strncmp(table[i].name, name, length) == 0)
			return &table[i];
	return NULL;
}

bool asker_is_named(const char *name, const char *user)
{
	const struct asked *row = row_of(name);

	for (size_t i = 0; row && i < MOST_USERS; i++)
		if (row->users[i] && text_equal(row->users[i], user))
			return true;
	return text_equal(user, admin_user);
}

static void add_user(struct askers *known, const char *name)
{
	if (name && find_user(name, &known->uids[known->count]))
		known->count++;
}

struct askers *askers_open(const char *name)
{
	struct askers *known = calloc(1, sizeof(*known));
	const struct asked *row = row_of(name);

	if (!known)
		abort();
	known->uids[known->count++] = 0;
	known->uids[known->count++] = geteuid();
	add_user(known, admin_user);
	for (size_t i = 0; row && i < MOST_USERS; i++)
		add_user(known, row->users[i]);
	return known;
}

void askers_close(struct askers *known)
{
	free(known);
}

bool asker_is_known(const struct askers *known, int fd, uid_t *ret_asker)
{
	struct ucred who;
	socklen_t size = sizeof(who);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0)
		return false;
	for (size_t i = 0; i < known->count; i++) {
		if (known->uids[i] == who.uid) {
			*ret_asker = who.uid;
			return true;
		}
	}
	return false;
}

bool asker_is_operator(uid_t asker)
{
	uid_t admin;

	if (asker == 0 || asker == geteuid())
		return true;
	return find_user(admin_user, &admin) && admin == asker;
}

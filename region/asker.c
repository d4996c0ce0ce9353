/* SPDX-License-Identifier: AGPL-3.0-or-later
 * asker.c: who may ask our processes at all. */
#include "region/asker.h"

#include <pwd.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/attr.h"

/* The users our programs run as where a master was started by root.  Judges
 * run foreign code: they are asked and ask nothing. */
static const char *const users[] = {
	"portvakt",        "portvakt-idp",    "portvakt-web",
	"portvakt-keeper", "portvakt-door",   "portvakt-scribe",
	"portvakt-watch",  "portvakt-admin",  "portvakt-sync",
	"portvakt-reader", "portvakt-writer",
};

struct askers {
	size_t count;
	uid_t uids[LENGTH(users) + 2];
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

struct askers *askers_open(void)
{
	struct askers *known = calloc(1, sizeof(*known));

	if (!known)
		abort();
	known->uids[known->count++] = 0;
	known->uids[known->count++] = geteuid();
	for (size_t i = 0; i < LENGTH(users); i++)
		if (find_user(users[i], &known->uids[known->count]))
			known->count++;
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
	return find_user("portvakt-admin", &admin) && admin == asker;
}

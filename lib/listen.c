/* SPDX-License-Identifier: AGPL-3.0-or-later
 * listen.c: listening Unix domain sockets, by which the processes
 * communicate. */
#include "lib/listen.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/own.h"

enum { BACKLOG = 1024 };

static void close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

static int type_of(const struct listen_at *at)
{
	return at->kind == LISTEN_STREAM ? SOCK_STREAM : SOCK_SEQPACKET;
}

static bool cannot(struct fault *why, const char *what, const char *path)
{
	return fault(why, FAULT_UNAVAILABLE, "cannot %s %s: %s", what, path,
	             strerror(errno));
}

/* ECONNREFUSED and ENOENT show a stale socket; a full queue or another socket
 * type shows that a process listens. */
static bool is_alive(const struct listen_at *at, const struct sockaddr_un *name)
{
	own(close_fd) int fd =
	    socket(AF_UNIX, type_of(at) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return true;
	if (connect(fd, (const struct sockaddr *)name, sizeof(*name)) == 0)
		return true;
	return errno != ECONNREFUSED && errno != ENOENT;
}

static bool clear_the_place(const struct listen_at *at,
                            const struct sockaddr_un *name, struct fault *why)
{
	struct stat st;

	if (lstat(at->path, &st) != 0)
		return errno == ENOENT || cannot(why, "look at", at->path);
	if (!S_ISSOCK(st.st_mode))
		return fault(why, FAULT_REFUSED, "%s is no socket", at->path);
	if (is_alive(at, name))
		return fault(why, FAULT_REFUSED,
		             "somebody listens at %s already", at->path);
	if (unlink(at->path) != 0)
		return cannot(why, "replace", at->path);
	return true;
}

static bool find_owner(const struct listen_at *at, uid_t *ret_uid,
                       gid_t *ret_gid, struct fault *why)
{
	const struct passwd *user = at->user ? getpwnam(at->user) : NULL;
	const struct group *group = at->group ? getgrnam(at->group) : NULL;

	if (at->user && !user)
		return fault(why, FAULT_INVALID, "there is no user %s",
		             at->user);
	if (at->group && !group)
		return fault(why, FAULT_INVALID, "there is no group %s",
		             at->group);
	*ret_uid = user ? user->pw_uid : (uid_t)-1;
	*ret_gid = group ? group->gr_gid : user ? user->pw_gid : (gid_t)-1;
	return true;
}

/* Before listen(), so that no client connects until the permissions are set. */
static bool set_rights(const struct listen_at *at, struct fault *why)
{
	uid_t uid;
	gid_t gid;

	if (chmod(at->path, at->mode ? at->mode : 0600) != 0)
		return cannot(why, "set the rights of", at->path);
	if (geteuid() != 0)
		return true;
	if (!find_owner(at, &uid, &gid, why))
		return false;
	if (chown(at->path, uid, gid) != 0)
		return cannot(why, "give away", at->path);
	return true;
}

bool listen_open(const struct listen_at *at, int *ret_fd, struct fault *why)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };

	if (strlen(at->path) >= sizeof(name.sun_path))
		return fault(why, FAULT_INVALID,
		             "%s is over %zu letters, too long for a socket",
		             at->path, sizeof(name.sun_path) - 1);
	memcpy(name.sun_path, at->path, strlen(at->path));
	if (!clear_the_place(at, &name, why))
		return false;
	own(close_fd) int fd = socket(AF_UNIX, type_of(at) | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return cannot(why, "make", at->path);
	if (bind(fd, (const struct sockaddr *)&name, sizeof(name)) != 0)
		return cannot(why, "make", at->path);
	if (!set_rights(at, why))
		return false;
	if (listen(fd, BACKLOG) != 0)
		return cannot(why, "listen at", at->path);
	*ret_fd = fd;
	fd = -1;
	return true;
}

bool listen_turn_away(const struct listen_at *at, int fd)
{
	own(close_fd) int one = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

	if (one >= 0)
		(void)send(one, at->farewell, strlen(at->farewell),
		           MSG_NOSIGNAL | MSG_DONTWAIT);
	return one >= 0 || errno == EINTR || errno == ECONNABORTED;
}

/* After shutdown no client can join the queue: connect() checks it under the
 * socket lock. The queued ones get the busy reply. */
void listen_close(const struct listen_at *at, int fd)
{
	if (at->farewell)
		(void)shutdown(fd, SHUT_RD);
	while (at->farewell && listen_turn_away(at, fd))
		continue;
	(void)close(fd);
	(void)unlink(at->path);
}

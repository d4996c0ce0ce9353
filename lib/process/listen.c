/* SPDX-License-Identifier: AGPL-3.0-or-later
 * listen.c: listening Unix domain sockets, by which the processes
 * communicate. */
#include "lib/process/listen.h"

#include <errno.h>
#include <grp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/process/identity.h"

enum { BACKLOG = 1024 };

static void listen_close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

static int listen_socket_type(const struct listen_socket *sock)
{
	return sock->type == LISTEN_STREAM ? SOCK_STREAM : SOCK_SEQPACKET;
}

static bool listen_error(struct error *err, const char *operation,
                         const char *path)
{
	return error_set(err, ERROR_UNAVAILABLE, "cannot %s %s: %s", operation,
	                 path, strerror(errno));
}

/* ECONNREFUSED and ENOENT show a stale socket; a full queue or another socket
 * type shows that a process listens. */
static bool listen_is_in_use(const struct listen_socket *sock,
                             const struct sockaddr_un *name)
{
	own(listen_close_fd) int fd =
	    socket(AF_UNIX,
	           listen_socket_type(sock) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return true;
	if (connect(fd, (const struct sockaddr *)name, sizeof(*name)) == 0)
		return true;
	return errno != ECONNREFUSED && errno != ENOENT;
}

static bool listen_remove_stale(const struct listen_socket *sock,
                                const struct sockaddr_un *name,
                                struct error *err)
{
	struct stat st;

	if (lstat(sock->path, &st) != 0)
		return errno == ENOENT || listen_error(err, "stat", sock->path);
	if (!S_ISSOCK(st.st_mode))
		return error_set(err, ERROR_REFUSED,
		                 "%s exists and is not a socket", sock->path);
	if (listen_is_in_use(sock, name))
		return error_set(err, ERROR_REFUSED,
		                 "%s is in use by another process", sock->path);
	if (unlink(sock->path) != 0)
		return listen_error(err, "replace", sock->path);
	return true;
}

/* The socket gets the group that the process has at this moment. */
static bool listen_bind_as_group(const struct listen_socket *sock, int fd,
                                 const struct sockaddr_un *name,
                                 struct error *err)
{
	const struct group *group = getgrnam(sock->group);
	const gid_t own_group = getegid();

	if (!group)
		return error_set(err, ERROR_INVALID, "group %s does not exist",
		                 sock->group);
	if (!identity_set_group(group->gr_gid, err))
		return false;
	bool bound =
	    bind(fd, (const struct sockaddr *)name, sizeof(*name)) == 0 ||
	    listen_error(err, "make", sock->path);

	return identity_set_group(own_group, err) && bound;
}

static bool listen_bind(const struct listen_socket *sock, int fd,
                        const struct sockaddr_un *name, struct error *err)
{
	if (sock->group)
		return listen_bind_as_group(sock, fd, name, err);
	return bind(fd, (const struct sockaddr *)name, sizeof(*name)) == 0 ||
	       listen_error(err, "make", sock->path);
}

bool listen_open(const struct listen_socket *sock, int *ret_fd,
                 struct error *err)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };

	if (strlen(sock->path) >= sizeof(name.sun_path))
		return error_set(err, ERROR_INVALID,
		                 "socket path %s is longer than %zu bytes",
		                 sock->path, sizeof(name.sun_path) - 1);
	memcpy(name.sun_path, sock->path, strlen(sock->path));
	if (!listen_remove_stale(sock, &name, err))
		return false;
	own(listen_close_fd) int fd =
	    socket(AF_UNIX, listen_socket_type(sock) | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return listen_error(err, "make", sock->path);
	if (!listen_bind(sock, fd, &name, err))
		return false;
	/* Before listen(), so that no client connects until it is set. */
	if (chmod(sock->path, sock->mode ? sock->mode : 0600) != 0)
		return listen_error(err, "set the mode of", sock->path);
	if (listen(fd, BACKLOG) != 0)
		return listen_error(err, "listen on", sock->path);
	*ret_fd = fd;
	fd = -1;
	return true;
}

bool listen_reject(const struct listen_socket *sock, int fd)
{
	own(listen_close_fd) int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

	if (client >= 0)
		(void)send(client, sock->busy_reply, strlen(sock->busy_reply),
		           MSG_NOSIGNAL | MSG_DONTWAIT);
	return client >= 0 || errno == EINTR || errno == ECONNABORTED;
}

/* After shutdown no client can join the queue: connect() checks it under the
 * socket lock. The queued ones get the busy reply. */
void listen_close(const struct listen_socket *sock, int fd)
{
	if (sock->busy_reply)
		(void)shutdown(fd, SHUT_RD);
	while (sock->busy_reply && listen_reject(sock, fd))
		continue;
	(void)close(fd);
	(void)unlink(sock->path);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * file.c: reads whole files up to a size limit; replaces files atomically. */
#include "lib/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/list.h"
#include "lib/own.h"
#include "lib/random.h"
#include "lib/text.h"

enum { SECRET_MOST = 64 * 1024 };

static void close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

OWNER(close_folder, DIR *, (void)closedir)

static bool cannot(struct fault *why, const char *what, const char *path)
{
	enum fault_kind kind =
	    errno == ENOENT || errno == EACCES || errno == ENOTDIR
		? FAULT_INVALID
		: FAULT_UNAVAILABLE;

	return fault(why, kind, "cannot %s %s: %s", what, path,
	             strerror(errno));
}

/* O_NONBLOCK: opening a FIFO would wait for a writer. */
static bool open_regular(const char *path, int *ret_fd, struct stat *ret_stat,
                         struct fault *why)
{
	own(close_fd) int fd =
	    open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return cannot(why, "open", path);
	if (fstat(fd, ret_stat) != 0)
		return cannot(why, "read", path);
	if (!S_ISREG(ret_stat->st_mode))
		return fault(why, FAULT_INVALID, "%s is not a file", path);
	*ret_fd = fd;
	fd = -1;
	return true;
}

/* Reads up to capacity bytes; returns fewer only at the end of the file. */
static bool read_up_to(int fd, char *at, size_t room, size_t *ret_length)
{
	size_t have = 0;

	while (have < room) {
		ssize_t got = read(fd, at + have, room - have);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return false;
		if (got == 0)
			break;
		have += (size_t)got;
	}
	*ret_length = have;
	return true;
}

static bool read_whole(struct arena *a, int fd, const struct stat *st,
                       const char *path, size_t most, char **ret_bytes,
                       size_t *ret_length, struct fault *why)
{
	size_t length = 0;

	if (st->st_size < 0 || (size_t)st->st_size > most)
		return fault(why, FAULT_INVALID, "%s is over %zu bytes", path,
		             most);
	/* Files of /proc and /sys have size 0. Reading one byte more than
	 * expected shows that a file has grown. */
	size_t room = st->st_size > 0 ? (size_t)st->st_size : most;
	char *bytes = arena_alloc(a, room + 2);

	if (!read_up_to(fd, bytes, room + 1, &length))
		return cannot(why, "read", path);
	if (length > room)
		return fault(why, FAULT_INVALID, "%s grew while it was read",
		             path);
	bytes[length] = '\0';
	*ret_bytes = bytes;
	*ret_length = length;
	return true;
}

bool file_read(struct arena *a, const char *path, size_t most, char **ret_bytes,
               size_t *ret_length, struct fault *why)
{
	own(close_fd) int fd = -1;
	struct stat st;

	if (!open_regular(path, &fd, &st, why))
		return false;
	return read_whole(a, fd, &st, path, most, ret_bytes, ret_length, why);
}

bool file_read_secret(struct arena *a, const char *path, char **ret_secret,
                      struct fault *why)
{
	own(close_fd) int fd = -1;
	struct stat st;
	char *bytes;
	size_t length;

	if (!open_regular(path, &fd, &st, why))
		return false;
	if (st.st_mode & (S_IRWXG | S_IRWXO))
		return fault(why, FAULT_INVALID,
		             "%s may be read by others; chmod 600 it", path);
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return fault(why, FAULT_INVALID, "%s belongs to somebody else",
		             path);
	if (!read_whole(a, fd, &st, path, SECRET_MOST, &bytes, &length, why))
		return false;
	if (length > 0 && bytes[length - 1] == '\n')
		bytes[--length] = '\0';
	if (length == 0)
		return fault(why, FAULT_INVALID, "%s is empty", path);
	if (strlen(bytes) != length)
		return fault(why, FAULT_INVALID, "%s has a zero byte in it",
		             path);
	*ret_secret = bytes;
	return true;
}

static bool write_all(int fd, const char *at, size_t length)
{
	while (length > 0) {
		ssize_t put = write(fd, at, length);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return false;
		at += put;
		length -= (size_t)put;
	}
	return true;
}

static const char *folder_of(struct arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return ".";
	return slash == path ? "/"
	                     : arena_bytes(a, path, (size_t)(slash - path));
}

/* A rename is durable only after its directory is synced. */
static bool sync_folder(struct arena *a, const char *path)
{
	own(close_fd) int fd =
	    open(folder_of(a, path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd >= 0 && fsync(fd) == 0;
}

static bool write_beside(const char *beside, const void *bytes, size_t length,
                         unsigned mode)
{
	own(close_fd) int fd = open(
	    beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	return fd >= 0 && write_all(fd, bytes, length) &&
	       fchmod(fd, mode) == 0 && fsync(fd) == 0;
}

OWNER(close_arena, struct arena *, arena_close)

bool file_write(const char *path, const void *bytes, size_t length,
                unsigned mode, struct fault *why)
{
	own(close_arena) struct arena *a = arena_open();
	const char *beside = arena_print(a, "%s.%s", path, random_uuid(a));

	if (!write_beside(beside, bytes, length, mode) ||
	    rename(beside, path) != 0) {
		(void)cannot(why, "write", path);
		(void)unlink(beside);
		return false;
	}
	if (!sync_folder(a, path))
		return cannot(why, "sync the folder of", path);
	return true;
}

static int by_name(const void *x, const void *y)
{
	return strcmp(*(char *const *)x, *(char *const *)y);
}

bool file_list(struct arena *a, const char *path, const char *suffix,
               char ***ret_names, size_t *ret_count, struct fault *why)
{
	own(close_folder) DIR *folder = opendir(path);
	LIST(char *) names = { 0 };
	struct dirent *entry;

	if (!folder)
		return cannot(why, "list", path);
	for (errno = 0; (entry = readdir(folder)) != NULL; errno = 0)
		if (entry->d_name[0] != '.' && text_ends(entry->d_name, suffix))
			*list_add(a, &names) = arena_copy(a, entry->d_name);
	if (errno != 0)
		return cannot(why, "list", path);
	size_t count = names.count;

	*list_add(a, &names) = NULL;
	qsort(names.at, count, sizeof(*names.at), by_name);
	*ret_names = names.at;
	*ret_count = count;
	return true;
}

char *file_beside(struct arena *a, const char *beside, const char *path)
{
	const char *slash = strrchr(beside, '/');

	if (path[0] == '/' || !slash)
		return arena_copy(a, path);
	return arena_print(a, "%.*s/%s", (int)(slash - beside), beside, path);
}

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

#include "lib/cleanup.h"
#include "lib/random.h"
#include "lib/strbuf.h"
#include "lib/vector.h"

enum { MAX_SECRET_SIZE = 64 * 1024 };

static void file_close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

DEFINE_CLEANUP(close_folder, DIR *, (void)closedir)

static bool file_error(struct error *err, const char *operation,
                       const char *path)
{
	enum error_kind kind =
	    errno == ENOENT || errno == EACCES || errno == ENOTDIR
		? ERROR_INVALID
		: ERROR_UNAVAILABLE;

	return error_set(err, kind, "cannot %s %s: %s", operation, path,
	                 strerror(errno));
}

/* O_NONBLOCK: opening a FIFO would wait for a writer. */
static bool file_open_regular(const char *path, int *ret_fd,
                              struct stat *ret_stat, struct error *err)
{
	own(file_close_fd) int fd =
	    open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return file_error(err, "open", path);
	if (fstat(fd, ret_stat) != 0)
		return file_error(err, "read", path);
	if (!S_ISREG(ret_stat->st_mode))
		return error_set(err, ERROR_INVALID, "%s is not a regular file",
		                 path);
	*ret_fd = fd;
	fd = -1;
	return true;
}

/* Reads up to capacity bytes; returns fewer only at the end of the file. */
static bool file_read_up_to(int fd, char *at, size_t capacity,
                            size_t *ret_length)
{
	size_t have = 0;

	while (have < capacity) {
		ssize_t got = read(fd, at + have, capacity - have);

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

static bool file_read_content(struct arena *a, int fd, const struct stat *st,
                              const char *path, size_t max_length,
                              char **ret_bytes, size_t *ret_length,
                              struct error *err)
{
	size_t length = 0;

	if (st->st_size < 0 || (size_t)st->st_size > max_length)
		return error_set(err, ERROR_INVALID,
		                 "%s is larger than %zu bytes", path,
		                 max_length);
	/* Files of /proc and /sys have size 0. Reading one byte more than
	 * expected shows that a file has grown. */
	size_t capacity = st->st_size > 0 ? (size_t)st->st_size : max_length;
	char *bytes = arena_alloc(a, capacity + 2);

	if (!file_read_up_to(fd, bytes, capacity + 1, &length))
		return file_error(err, "read", path);
	if (length > capacity)
		return error_set(err, ERROR_INVALID,
		                 "%s changed while it was read", path);
	bytes[length] = '\0';
	*ret_bytes = bytes;
	*ret_length = length;
	return true;
}

bool file_read(struct arena *a, const char *path, size_t max_length,
               char **ret_bytes, size_t *ret_length, struct error *err)
{
	own(file_close_fd) int fd = -1;
	struct stat st;

	if (!file_open_regular(path, &fd, &st, err))
		return false;
	return file_read_content(a, fd, &st, path, max_length, ret_bytes,
	                         ret_length, err);
}

bool file_read_public(struct arena *a, const char *path, size_t max_length,
                      char **ret_bytes, size_t *ret_length, struct error *err)
{
	own(file_close_fd) int fd = -1;
	struct stat st;

	if (!file_open_regular(path, &fd, &st, err))
		return false;
	if (!(st.st_mode & S_IROTH))
		return error_set(err, ERROR_INVALID,
		                 "%s is not readable by all; set its mode to "
		                 "0644",
		                 path);
	return file_read_content(a, fd, &st, path, max_length, ret_bytes,
	                         ret_length, err);
}

bool file_read_secret(struct arena *a, const char *path, char **ret_secret,
                      struct error *err)
{
	own(file_close_fd) int fd = -1;
	struct stat st;
	char *bytes;
	size_t length;

	if (!file_open_regular(path, &fd, &st, err))
		return false;
	if (st.st_mode & (S_IRWXG | S_IRWXO))
		return error_set(
		    err, ERROR_INVALID,
		    "%s is accessible to group or others; set its mode to 0600",
		    path);
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return error_set(err, ERROR_INVALID,
		                 "%s is not owned by the user of this process",
		                 path);
	if (!file_read_content(a, fd, &st, path, MAX_SECRET_SIZE, &bytes,
	                       &length, err))
		return false;
	if (length > 0 && bytes[length - 1] == '\n')
		bytes[--length] = '\0';
	if (length == 0)
		return error_set(err, ERROR_INVALID, "%s is empty", path);
	if (strlen(bytes) != length)
		return error_set(err, ERROR_INVALID, "%s contains a NUL byte",
		                 path);
	*ret_secret = bytes;
	return true;
}

static bool file_write_all(int fd, const char *at, size_t length)
{
	while (length > 0) {
		ssize_t written = write(fd, at, length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return false;
		at += written;
		length -= (size_t)written;
	}
	return true;
}

static const char *file_directory_of(struct arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return ".";
	return slash == path ? "/"
	                     : arena_memdup(a, path, (size_t)(slash - path));
}

/* A rename is durable only after its directory is synced. */
static bool file_sync_directory(struct arena *a, const char *path)
{
	own(file_close_fd) int fd = open(file_directory_of(a, path),
	                                 O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd >= 0 && fsync(fd) == 0;
}

static bool file_write_temporary(const char *temporary, const void *bytes,
                                 size_t length, unsigned mode)
{
	own(file_close_fd) int fd =
	    open(temporary,
	         O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	return fd >= 0 && file_write_all(fd, bytes, length) &&
	       fchmod(fd, mode) == 0 && fsync(fd) == 0;
}

DEFINE_CLEANUP(close_arena, struct arena *, arena_close)

bool file_write(const char *path, const void *bytes, size_t length,
                unsigned mode, struct error *err)
{
	own(close_arena) struct arena *a = arena_open();
	const char *temporary = arena_printf(a, "%s.%s", path, random_uuid(a));

	if (!file_write_temporary(temporary, bytes, length, mode) ||
	    rename(temporary, path) != 0) {
		(void)file_error(err, "write", path);
		(void)unlink(temporary);
		return false;
	}
	if (!file_sync_directory(a, path))
		return file_error(err, "sync the directory of", path);
	return true;
}

bool file_create_folders(const char *path, struct error *err)
{
	own(close_arena) struct arena *a = arena_open();
	char *folder = arena_strdup(a, path);

	for (char *at = strchr(folder + 1, '/'); at; at = strchr(at + 1, '/')) {
		*at = '\0';
		bool created = mkdir(folder, 0755) == 0;

		/* The umask removes permissions. */
		if (created ? chmod(folder, 0755) != 0 : errno != EEXIST)
			return file_error(err, "create", folder);
		*at = '/';
	}
	return true;
}

void file_remove_tree(const char *path)
{
	own(close_arena) struct arena *a = arena_open();
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	own(close_folder) DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;

	while (directory && (entry = readdir(directory)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0)
			file_remove_tree(
			    arena_printf(a, "%s/%s", path, entry->d_name));
	(void)remove(path);
}

static int file_compare_names(const void *x, const void *y)
{
	return strcmp(*(char *const *)x, *(char *const *)y);
}

bool file_list(struct arena *a, const char *path, const char *suffix,
               char ***ret_names, size_t *ret_count, struct error *err)
{
	own(close_folder) DIR *directory = opendir(path);
	VECTOR(char *) names = { 0 };
	struct dirent *entry;

	if (!directory)
		return file_error(err, "list", path);
	for (errno = 0; (entry = readdir(directory)) != NULL; errno = 0)
		if (entry->d_name[0] != '.' && text_ends(entry->d_name, suffix))
			*vector_append(a, &names) =
			    arena_strdup(a, entry->d_name);
	if (errno != 0)
		return file_error(err, "list", path);
	size_t count = names.count;

	*vector_append(a, &names) = NULL;
	qsort(names.at, count, sizeof(*names.at), file_compare_names);
	*ret_names = names.at;
	*ret_count = count;
	return true;
}

char *file_relative_to(struct arena *a, const char *base, const char *path)
{
	const char *slash = strrchr(base, '/');

	if (path[0] == '/' || !slash)
		return arena_strdup(a, path);
	return arena_printf(a, "%.*s/%s", (int)(slash - base), base, path);
}

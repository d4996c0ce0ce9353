/* SPDX-License-Identifier: AGPL-3.0-or-later
 * plugin_file.c: reads plugins and their data. */
#include "region/plugin/plugin_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/hash.h"
#include "lib/strbuf.h"

static void plugin_close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

DEFINE_CLEANUP(close_arena, struct arena *, arena_close)

/* ---- paths */

static const char installed_directory[] = "/usr/lib/portvakt/plugins";

const char *plugin_directory(struct arena *a)
{
	/* In a build tree, from /usr/sbin, and from /usr/libexec/portvakt. */
	static const char *const places[] = {
		"plugins",
		"../lib/portvakt/plugins",
		"../../lib/portvakt/plugins",
	};
	char self[PATH_MAX] = { 0 };

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) <= 0)
		return installed_directory;
	*strrchr(self, '/') = '\0';
	for (size_t i = 0; i < LENGTH(places); i++) {
		char *found =
		    realpath(arena_printf(a, "%s/%s", self, places[i]), NULL);

		if (found)
			return arena_own(a, found, free);
	}
	return installed_directory;
}

bool plugin_defines_condition(const char *plugin, const char *condition)
{
	size_t length = strlen(plugin);

	return text_starts(condition, plugin) &&
	       (condition[length] == '\0' || condition[length] == '-');
}

const char *plugin_path(struct arena *a, const char *owner, const char *name)
{
	return arena_printf(a, "%s/%s/%s.so", plugin_directory(a), owner, name);
}

/* ---- files */

static bool plugin_check_owner(const struct stat *st, const char *path,
                               struct error *err)
{
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return error_set(
		    err, ERROR_REFUSED,
		    "%s is not owned by root or the user of this process",
		    path);
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return error_set(err, ERROR_REFUSED,
		                 "%s is writable by group or others", path);
	return true;
}

/* A FIFO would wait for a writer. */
static int plugin_open_file(const char *path, size_t max, struct stat *ret_stat,
                            struct error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0 || fstat(fd, ret_stat) != 0)
		(void)error_set(err, ERROR_REFUSED, "%s: %s", path,
		                errno == ELOOP ? "it is a symbolic link"
		                               : strerror(errno));
	else if (!S_ISREG(ret_stat->st_mode))
		(void)error_set(err, ERROR_REFUSED, "%s is not a regular file",
		                path);
	else if (ret_stat->st_size < 0 || (size_t)ret_stat->st_size > max)
		(void)error_set(err, ERROR_REFUSED, "%s is larger than %zu MiB",
		                path, max >> 20);
	else
		return fd;
	plugin_close_fd(&fd);
	return -1;
}

/* Reads through the descriptor that was checked. */
static bool plugin_read_open(struct arena *a, int fd, size_t size,
                             const char *path, struct plugin_bytes *ret,
                             struct error *err)
{
	char *bytes = arena_alloc(a, size + 1);
	size_t have = 0;

	while (have < size) {
		ssize_t got = read(fd, bytes + have, size - have);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return error_set(err, ERROR_REFUSED,
			                 "%s cannot be read", path);
		have += (size_t)got;
	}
	ret->bytes = bytes;
	ret->length = size;
	(void)snprintf(ret->hash, sizeof(ret->hash), "%s",
	               hash_sha256_hex(a, bytes, size));
	return true;
}

bool plugin_check_library(const char *path, struct error *err)
{
	struct stat st;
	own(plugin_close_fd) int fd =
	    plugin_open_file(path, PLUGIN_MAX_BYTES, &st, err);

	return fd >= 0 && plugin_check_owner(&st, path, err);
}

bool plugin_read_library(struct arena *a, const char *path,
                         struct plugin_bytes *ret, struct error *err)
{
	struct stat st;
	own(plugin_close_fd) int fd =
	    plugin_open_file(path, PLUGIN_MAX_BYTES, &st, err);

	return fd >= 0 &&
	       plugin_read_open(a, fd, (size_t)st.st_size, path, ret, err);
}

bool plugin_read_data(struct arena *a, const char *path,
                      struct plugin_bytes *ret, struct error *err)
{
	struct stat st;
	own(plugin_close_fd) int fd =
	    plugin_open_file(path, PLUGIN_MAX_DATA_BYTES, &st, err);

	return fd >= 0 &&
	       plugin_read_open(a, fd, (size_t)st.st_size, path, ret, err);
}

void plugin_hash_file(const char *path, char ret[PLUGIN_HASH_SIZE])
{
	own(close_arena) struct arena *a = arena_open();
	struct plugin_bytes read = { 0 };
	struct error err = { 0 };
	struct stat st;
	own(plugin_close_fd) int fd =
	    plugin_open_file(path, PLUGIN_MAX_BYTES, &st, &err);
	bool good = fd >= 0 && plugin_read_open(a, fd, (size_t)st.st_size, path,
	                                        &read, &err);

	(void)snprintf(ret, PLUGIN_HASH_SIZE, "%s",
	               good ? read.hash : "absent");
}

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * plugin_image.c: copies a plugin and its data into sealed memory. */
#include "idp/plugin_host/plugin_image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/file.h"

/* A worker's descriptors are duplicated to 3 and above, one by one, so that no
 * source may be among them. */
enum { LOWEST_FD = 16 };

static void image_close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

DEFINE_CLEANUP(close_arena, struct arena *, arena_close)

static bool image_write(int fd, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t done = write(fd, bytes, length);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		bytes += done;
		length -= (size_t)done;
	}
	return true;
}

static int image_seal(const char *bytes, size_t length, struct error *err)
{
	own(image_close_fd) int fd =
	    memfd_create("plugin", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int high;

	if (fd < 0 || !image_write(fd, bytes, length) ||
	    fcntl(fd, F_ADD_SEALS,
	          F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) !=
	        0 ||
	    (high = fcntl(fd, F_DUPFD_CLOEXEC, LOWEST_FD)) < 0) {
		(void)error_set(err, ERROR_UNAVAILABLE,
		                "cannot copy a plugin into memory: %s",
		                strerror(errno));
		return -1;
	}
	return high;
}

bool plugin_image_open(struct plugin_image *ret, const char *library,
                       const char *data, struct error *err)
{
	own(close_arena) struct arena *a = arena_open();
	struct plugin_bytes code, table = { .bytes = "", .hash = "-" };

	*ret = (struct plugin_image){ .library_fd = -1, .data_fd = -1 };
	if (!plugin_read_library(a, library, &code, err) ||
	    (data && !plugin_read_data(a, data, &table, err)))
		return false;
	ret->library_fd = image_seal(code.bytes, code.length, err);
	/* With its NUL. */
	ret->data_fd = image_seal(table.bytes, table.length + 1, err);
	memcpy(ret->hash, code.hash, sizeof(ret->hash));
	memcpy(ret->data_hash, table.hash, sizeof(ret->data_hash));
	if (ret->library_fd >= 0 && ret->data_fd >= 0)
		return true;
	plugin_image_close(ret);
	return false;
}

void plugin_image_close(struct plugin_image *image)
{
	image_close_fd(&image->library_fd);
	image_close_fd(&image->data_fd);
}

const char *plugin_image_identity(struct arena *a,
                                  const struct plugin_image *image)
{
	return arena_printf(a, "%.16s %.16s", image->hash, image->data_hash);
}

static bool image_save_one(int fd, size_t without, const char *path,
                           struct error *err)
{
	own(close_arena) struct arena *a = arena_open();
	struct stat st;

	if (fstat(fd, &st) != 0)
		return error_set(err, ERROR_UNAVAILABLE, "fstat: %s",
		                 strerror(errno));
	size_t length = (size_t)st.st_size - without;
	char *bytes = arena_alloc(a, length + 1);

	if (pread(fd, bytes, length, 0) != (ssize_t)length)
		return error_set(err, ERROR_UNAVAILABLE, "pread: %s",
		                 strerror(errno));
	return file_write(path, bytes, length, 0600, err);
}

bool plugin_image_save(const struct plugin_image *image, const char *library,
                       const char *data, struct error *err)
{
	if (!image_save_one(image->library_fd, 0, library, err))
		return false;
	if (strcmp(image->data_hash, "-") != 0)
		return image_save_one(image->data_fd, 1, data, err);
	return unlink(data) == 0 || errno == ENOENT ||
	       error_set(err, ERROR_UNAVAILABLE, "cannot remove %s: %s", data,
	                 strerror(errno));
}

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * landlock.c: the three system calls of landlock(7), for which glibc has no
 * functions. */
#include "lib/process/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Rights of later versions than the headers of Debian 12. */
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif
#ifndef LANDLOCK_ACCESS_FS_IOCTL_DEV
#define LANDLOCK_ACCESS_FS_IOCTL_DEV (1ULL << 15)
#endif

enum {
	VERSION_REFER = 2,
	VERSION_TRUNCATE = 3,
	VERSION_IOCTL_DEV = 5,
};

static const uint64_t read_rights =
    LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;

static const uint64_t write_rights =
    LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR |
    LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE |
    LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
    LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
    LANDLOCK_ACCESS_FS_REFER;

static const uint64_t execute_rights =
    LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_EXECUTE;

/* The rights that exist for a file; the others are for directories. */
static const uint64_t file_rights =
    LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |
    LANDLOCK_ACCESS_FS_TRUNCATE | LANDLOCK_ACCESS_FS_EXECUTE;

int landlock_version(void)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0,
	                       LANDLOCK_CREATE_RULESET_VERSION);

	return version > 0 ? (int)version : 0;
}

/* Returns every right that the running kernel can withhold. */
static uint64_t landlock_handled_rights(int version)
{
	uint64_t rights = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;

	if (version >= VERSION_REFER)
		rights |= LANDLOCK_ACCESS_FS_REFER;
	if (version >= VERSION_TRUNCATE)
		rights |= LANDLOCK_ACCESS_FS_TRUNCATE;
	if (version >= VERSION_IOCTL_DEV)
		rights |= LANDLOCK_ACCESS_FS_IOCTL_DEV;
	return rights;
}

static bool landlock_error(const char *path, struct error *err)
{
	return error_set(err, ERROR_UNAVAILABLE,
	                 "cannot restrict file access (landlock) to %s: %s",
	                 path, strerror(errno));
}

static bool landlock_allow(int ruleset, const char *path, uint64_t rights,
                           struct error *err)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = rights };
	struct stat st;

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return errno == ENOENT || errno == EACCES ||
		       landlock_error(path, err);
	if (fstat(rule.parent_fd, &st) == 0 && !S_ISDIR(st.st_mode))
		rule.allowed_access &= file_rights;
	bool added = syscall(SYS_landlock_add_rule, ruleset,
	                     LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0 ||
	             landlock_error(path, err);

	(void)close(rule.parent_fd);
	return added;
}

static bool landlock_allow_all(int ruleset, const char *const *paths,
                               uint64_t rights, struct error *err)
{
	for (; paths && *paths; paths++)
		if (!landlock_allow(ruleset, *paths, rights, err))
			return false;
	return true;
}

static bool landlock_apply(int ruleset, const struct landlock_paths *paths,
                           uint64_t handled, struct error *err)
{
	return landlock_allow_all(ruleset, paths->read, handled & read_rights,
	                          err) &&
	       landlock_allow_all(ruleset, paths->write, handled & write_rights,
	                          err) &&
	       landlock_allow_all(ruleset, paths->execute,
	                          handled & execute_rights, err) &&
	       (syscall(SYS_landlock_restrict_self, ruleset, 0) == 0 ||
	        landlock_error("its paths", err));
}

bool landlock_restrict(const struct landlock_paths *paths, struct error *err)
{
	uint64_t handled = landlock_handled_rights(landlock_version());
	struct landlock_ruleset_attr attr = { .handled_access_fs = handled };
	int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr,
	                           sizeof(attr.handled_access_fs), 0);

	if (ruleset < 0)
		return landlock_error("its paths", err);
	bool applied = landlock_apply(ruleset, paths, handled, err);

	(void)close(ruleset);
	return applied;
}

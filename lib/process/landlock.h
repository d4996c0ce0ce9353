/* SPDX-License-Identifier: AGPL-3.0-or-later
 * landlock.h: the files and directories that a process can reach, enforced by
 * the kernel (landlock(7)), whatever their owners and modes are. */
#ifndef LIB_PROCESS_LANDLOCK_H
#define LIB_PROCESS_LANDLOCK_H

#include <stdbool.h>

#include "lib/error.h"

/* Each list ends in NULL.  A directory stands for all that is below it.  A path
 * that does not exist is left out.  A list may be NULL. */
struct landlock_paths {
	const char *const *read;
	const char *const *write; /* read, written, created and removed */
	const char *const *execute;
};

/* Returns the version of Landlock in the running kernel; 0: it has none. */
int landlock_version(void);

/* Restricts this thread, and the threads and processes that it creates, to
 * paths.  It cannot be undone, and open descriptors stay usable.  Connecting
 * to a Unix socket is not restricted.  The caller has set no_new_privs.
 * On error: ERROR_UNAVAILABLE. */
bool landlock_restrict(const struct landlock_paths *paths,
                       struct error *err) must_check;

#endif

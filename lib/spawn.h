/* SPDX-License-Identifier: AGPL-3.0-or-later
 * spawn.h: a child process with a clean environment, that dies with us. */
#ifndef LIB_SPAWN_H
#define LIB_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/attr.h"
#include "lib/fault.h"

enum { SPAWN_LISTENERS = 2 };

struct spawn {
	const char *program;
	const char *const *argv; /* ends in NULL; NULL: the program's path */
	const char *user;        /* when we are root; NULL: who we are */
	/* Become its descriptors 3 and 4; -1: none. */
	int listeners[SPAWN_LISTENERS];
};

struct spawned {
	pid_t pid;
	int pidfd; /* readable when it is dead; the caller's to close */
};

/* Its environment is PATH, LANG, CREDENTIALS_DIRECTORY, PORTVAKT_*,
 * ASAN_OPTIONS, UBSAN_OPTIONS of ours, PORTVAKT_MASTER with our process id,
 * and with listeners LISTEN_FDS and LISTEN_PID.  The caller must have one
 * thread only.  A program that cannot be run is a child that exits 127. */
bool spawn_child(const struct spawn *what, struct spawned *ret_child,
                 struct fault *why) must_check;

#endif

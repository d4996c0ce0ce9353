/* SPDX-License-Identifier: AGPL-3.0-or-later
 * spawn.h: starts a child process with a clean environment, which dies with its
 * parent. */
#ifndef LIB_PROCESS_SPAWN_H
#define LIB_PROCESS_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/compiler.h"
#include "lib/error.h"

enum { SPAWN_LISTENERS = 2 };

struct spawn_options {
	const char *program;
	const char *const *argv; /* ends in NULL; NULL: the program's path */
	const char *user;        /* identity_change() */
	/* Its descriptors 3 and 4; -1: none. */
	int listeners[SPAWN_LISTENERS];
};

struct spawned_process {
	pid_t pid;
	int pidfd; /* readable on exit; closed by the caller */
};

/* Starts a child. Its environment is PATH, LANG, CREDENTIALS_DIRECTORY,
 * PORTVAKT_*, ASAN_OPTIONS and UBSAN_OPTIONS of the parent, PORTVAKT_SUPERVISOR
 * with the parent's pid and, with listeners, LISTEN_FDS and LISTEN_PID. The
 * caller must have one thread. On error, also of execve(), returns false and no
 * child remains. */
bool spawn_child(const struct spawn_options *options,
                 struct spawned_process *ret_child,
                 struct error *err) must_check;

#endif

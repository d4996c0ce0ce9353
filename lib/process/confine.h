/* SPDX-License-Identifier: AGPL-3.0-or-later
 * confine.h: a process gives up what it does not need, before it handles its
 * first request: new privileges, capabilities, files (landlock.h) and system
 * calls (syscall_filter.h). */
#ifndef LIB_PROCESS_CONFINE_H
#define LIB_PROCESS_CONFINE_H

#include <stdbool.h>

#include "lib/error.h"
#include "lib/process/landlock.h"
#include "lib/process/syscall_filter.h"

/* What a process needs beside memory, threads, time, reading files and Unix
 * sockets. */
enum confine_needs {
	CONFINE_NETWORK = 1 << 0,   /* IPv4 and IPv6 sockets */
	CONFINE_FILES = 1 << 1,     /* creating, renaming and removing files */
	CONFINE_CHILDREN = 1 << 2,  /* starting and stopping processes */
	CONFINE_SUPERVISE = 1 << 3, /* users; children need more */
};

struct confinement {
	unsigned needs; /* enum confine_needs */
	/* NULL: files are not restricted, for a supervisor, whose children
	 * would inherit it. */
	const struct landlock_paths *paths;
};

/* Applies confinement to the calling thread, so call it before others exist; it
 * cannot be undone.  A supervisor has called identity_supervise() before, keeps
 * the capabilities to change to its users, and can change to no other.  A
 * kernel without Landlock does not restrict files: ret_landlock is its version,
 * 0 for none.  A system call that no list has fails with ENOSYS; with the
 * variable PORTVAKT_SYSCALL_FILTER=strict, for tests, it ends the process.  On
 * error: ERROR_UNAVAILABLE, and the process must not go on. */
bool confine(const struct confinement *confinement, int *ret_landlock,
             struct error *err) must_check;

/* The tables for needs, at most CONFINE_TABLES; returns their number. */
enum { CONFINE_TABLES = 8 };
size_t confine_syscall_tables(unsigned needs,
                              struct syscall_table ret_tables[CONFINE_TABLES]);
/* The calls that change users, with any arguments. */
struct syscall_table confine_identity_calls(void);

#endif

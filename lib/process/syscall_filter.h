/* SPDX-License-Identifier: AGPL-3.0-or-later
 * syscall_filter.h: a list of system calls and what the kernel does with each
 * (seccomp(2)).  The only user of libseccomp. */
#ifndef LIB_PROCESS_SYSCALL_FILTER_H
#define LIB_PROCESS_SYSCALL_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/error.h"

enum syscall_action {
	SYSCALL_ALLOW = 0,
	SYSCALL_DENY,         /* EPERM */
	SYSCALL_NO_FAMILY,    /* EAFNOSUPPORT */
	SYSCALL_NO_SUCH_CALL, /* ENOSYS; the kernel may log it (seccomp(2)) */
	SYSCALL_TRAP,         /* SIGSYS, for a handler that answers the call */
	SYSCALL_KILL,         /* SIGSYS for the whole process */
};

/* Argument number argument, 0 to 5, has value in the bits of mask. */
struct syscall_condition {
	unsigned argument;
	uint64_t mask; /* 0: no condition */
	uint64_t value;
};

enum { SYSCALL_CONDITIONS = 3 };

struct syscall_rule {
	const char *names; /* of system calls, separated by one blank */
	enum syscall_action action;
	struct syscall_condition conditions[SYSCALL_CONDITIONS]; /* all hold */
};

struct syscall_table {
	const struct syscall_rule *rules;
	size_t count;
};

/* Returns the number of the system call on this machine; negative if there is
 * none of this name. */
int syscall_number(const char *name);

/* Returns the name of a system call of this machine, allocated in a; NULL if
 * there is none of this number. */
const char *syscall_name(struct arena *a, int number);

/* Applies the rules of all tables to this thread and to the threads and
 * processes that it creates; any other call gets otherwise.  A system call that
 * this machine does not have is left out.  It sets no_new_privs and cannot be
 * undone.  On error: ERROR_UNAVAILABLE. */
bool syscall_filter_load(const struct syscall_table *tables, size_t count,
                         enum syscall_action otherwise,
                         struct error *err) must_check;

#endif

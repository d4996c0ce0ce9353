/* SPDX-License-Identifier: AGPL-3.0-or-later
 * seccomp_filter.c: resource limits and the list of permitted system calls of
 * the worker. */
#include "idp/plugin_host/seccomp_filter.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "lib/compiler.h"
#include "lib/process/syscall_filter.h"

/* System calls used by jansson, malloc and message exchange; determined with
 * the whole test suite and the action KILL.  Memory is anonymous and never
 * executable. */
static const struct syscall_rule locked_rules[] = {
	{ .names = "read write recvfrom recvmsg sendto sendmsg poll ppoll exit "
	           "exit_group brk munmap mremap madvise futex clock_gettime "
	           "rt_sigreturn getrandom restart_syscall" },
	{ .names = "mmap",
	  .conditions = { { 2, PROT_EXEC, 0 },
	                  { 3, MAP_ANONYMOUS, MAP_ANONYMOUS } } },
	{ .names = "mprotect", .conditions = { { 2, PROT_EXEC, 0 } } },
	{ .names = "open openat", .action = SYSCALL_DENY },
};

static const struct {
	int which;
	rlim_t max;
} resource_limits[] = {
#ifndef __SANITIZE_ADDRESS__
	/* The shadow memory of AddressSanitizer takes terabytes of address
	 * space. */
	{ RLIMIT_AS, 96UL * 1024 * 1024 },
#endif
	/* poll() accepts no more descriptors than this limit; 0 to 3 are open,
	 * so no further descriptor can be opened. */
	{ RLIMIT_NOFILE, 1 },
	{ RLIMIT_NPROC, 0 },
	{ RLIMIT_FSIZE, 0 },
	{ RLIMIT_CORE, 0 },
	/* A worker that waits for requests ends with its parent; this limit
	 * ends one that loops after its parent is gone. */
	{ RLIMIT_CPU, 60 },
};

/* System calls denied to a plugin while it is loaded; they fail with EPERM.  A
 * file can be opened for reading only. */
static const struct syscall_rule loading_rules[] = {
	{ .names =
	      "socket socketpair connect bind execve execveat fork vfork "
	      "clone clone3 ptrace kill creat openat2 truncate unlink "
	      "unlinkat rename renameat renameat2 link linkat symlink "
	      "symlinkat mkdir mkdirat rmdir chmod fchmodat chown "
	      "fchownat mknod mknodat pidfd_open bpf io_uring_setup keyctl "
	      "add_key process_vm_readv mount unshare process_vm_writev",
	  .action = SYSCALL_DENY },
	{ "openat", SYSCALL_DENY, { { 2, O_WRONLY, O_WRONLY } } },
	{ "openat", SYSCALL_DENY, { { 2, O_RDWR, O_RDWR } } },
	{ "openat", SYSCALL_DENY, { { 2, O_CREAT, O_CREAT } } },
	{ "open", SYSCALL_DENY, { { 1, O_WRONLY, O_WRONLY } } },
	{ "open", SYSCALL_DENY, { { 1, O_RDWR, O_RDWR } } },
	{ "open", SYSCALL_DENY, { { 1, O_CREAT, O_CREAT } } },
};

bool sandbox_restrict_load(struct error *err)
{
	const struct syscall_table table = { loading_rules,
		                             LENGTH(loading_rules) };

	return syscall_filter_load(&table, 1, SYSCALL_ALLOW, err);
}

static bool set_resource_limits(struct error *err)
{
	for (size_t i = 0; i < LENGTH(resource_limits); i++) {
		const struct rlimit max = { resource_limits[i].max,
			                    resource_limits[i].max };

		if (setrlimit((__rlimit_resource_t)resource_limits[i].which,
		              &max) != 0)
			return error_set(err, ERROR_UNAVAILABLE,
			                 "cannot set resource limit %d: %s",
			                 resource_limits[i].which,
			                 strerror(errno));
	}
	return true;
}

bool sandbox_lock(struct error *err)
{
	const struct syscall_table table = { locked_rules,
		                             LENGTH(locked_rules) };

	return set_resource_limits(err) &&
	       syscall_filter_load(&table, 1, SYSCALL_KILL, err);
}

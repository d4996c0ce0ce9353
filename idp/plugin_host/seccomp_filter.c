/* SPDX-License-Identifier: AGPL-3.0-or-later
 * seccomp_filter.c: resource limits and the list of permitted system calls.
 * The only user of libseccomp. */
#include "idp/plugin_host/seccomp_filter.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

/* System calls used by jansson, malloc and message exchange; determined with
 * the whole test suite and the action KILL. */
static const int allowed_calls[] = {
	SCMP_SYS(read),
	SCMP_SYS(write),
	SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg),
	SCMP_SYS(sendto),
	SCMP_SYS(sendmsg),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(brk),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	SCMP_SYS(futex),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(getrandom),
	SCMP_SYS(restart_syscall),
};

static const int denied_calls[] = { SCMP_SYS(open), SCMP_SYS(openat) };

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

/* System calls denied to a plugin while it is loaded; they fail with EPERM. */
static const int denied_while_loading[] = {
	SCMP_SYS(socket),     SCMP_SYS(socketpair), SCMP_SYS(connect),
	SCMP_SYS(bind),       SCMP_SYS(execve),     SCMP_SYS(execveat),
	SCMP_SYS(fork),       SCMP_SYS(vfork),      SCMP_SYS(clone),
	SCMP_SYS(clone3),     SCMP_SYS(ptrace),     SCMP_SYS(kill),
	SCMP_SYS(creat),      SCMP_SYS(openat2),    SCMP_SYS(truncate),
	SCMP_SYS(unlink),     SCMP_SYS(unlinkat),   SCMP_SYS(rename),
	SCMP_SYS(renameat),   SCMP_SYS(renameat2),  SCMP_SYS(link),
	SCMP_SYS(linkat),     SCMP_SYS(symlink),    SCMP_SYS(symlinkat),
	SCMP_SYS(mkdir),      SCMP_SYS(mkdirat),    SCMP_SYS(rmdir),
	SCMP_SYS(chmod),      SCMP_SYS(fchmodat),   SCMP_SYS(chown),
	SCMP_SYS(fchownat),   SCMP_SYS(mknod),      SCMP_SYS(mknodat),
	SCMP_SYS(pidfd_open), SCMP_SYS(bpf),        SCMP_SYS(io_uring_setup),
	SCMP_SYS(keyctl),     SCMP_SYS(add_key),    SCMP_SYS(process_vm_readv),
	SCMP_SYS(mount),      SCMP_SYS(unshare),    SCMP_SYS(process_vm_writev),
};

/* Denies open() for writing. */
static int deny_open_for_writing(scmp_filter_ctx filter)
{
	static const unsigned long flags[] = { O_WRONLY, O_RDWR, O_CREAT };
	int failed = 0;

	for (size_t i = 0; failed == 0 && i < LENGTH(flags); i++) {
		failed = seccomp_rule_add(
		    filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(openat), 1,
		    SCMP_A2(SCMP_CMP_MASKED_EQ, flags[i], flags[i]));
		if (failed == 0)
			failed = seccomp_rule_add(
			    filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(open), 1,
			    SCMP_A1(SCMP_CMP_MASKED_EQ, flags[i], flags[i]));
	}
	return failed;
}

bool sandbox_restrict_load(struct error *err)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int failed = 0;

	if (!filter)
		return error_set(err, ERROR_UNAVAILABLE,
		                 "cannot create a seccomp filter");
	for (size_t i = 0; failed == 0 && i < LENGTH(denied_while_loading); i++)
		failed = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM),
		                          denied_while_loading[i], 0);
	if (failed == 0)
		failed = deny_open_for_writing(filter);
	if (failed == 0)
		failed = seccomp_load(filter);
	seccomp_release(filter);
	return failed == 0 || error_set(err, ERROR_UNAVAILABLE, "seccomp: %s",
	                                strerror(-failed));
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

/* Anonymous memory only, never executable. */
static int allow_anonymous_memory(scmp_filter_ctx filter)
{
	int failed = seccomp_rule_add(
	    filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2,
	    SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
	    SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS));

	if (failed != 0)
		return failed;
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
	                        SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
}

static int add_seccomp_rules(scmp_filter_ctx filter)
{
	int failed = allow_anonymous_memory(filter);

	for (size_t i = 0; failed == 0 && i < LENGTH(allowed_calls); i++)
		failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW,
		                          allowed_calls[i], 0);
	for (size_t i = 0; failed == 0 && i < LENGTH(denied_calls); i++)
		failed = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM),
		                          denied_calls[i], 0);
	return failed;
}

bool sandbox_lock(struct error *err)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);

	if (!filter)
		return error_set(err, ERROR_UNAVAILABLE,
		                 "cannot create a seccomp filter");
	bool ok = set_resource_limits(err);
	int failed = ok ? add_seccomp_rules(filter) : 0;

	if (ok && failed == 0)
		failed = seccomp_load(filter);
	if (failed != 0)
		ok = error_set(err, ERROR_UNAVAILABLE, "seccomp: %s",
		               strerror(-failed));
	seccomp_release(filter);
	return ok;
}

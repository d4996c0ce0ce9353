/* SPDX-License-Identifier: AGPL-3.0-or-later
 * seccomp_filter.c: resource limits and the list of permitted system calls of
 * the worker.
 *
 * The kernel opens no file for the worker.  dlopen() opens its library and asks
 * for its identity; all forbidden calls raise SIGSYS, and the handler answers
 * these two with a descriptor that was open before, once.  It notes any other
 * one and ends the process.  The kernel has refused the call already, so
 * nothing depends on the handler's memory, which the plugin can overwrite. */
#include "idp/plugin_host/seccomp_filter.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "lib/compiler.h"
#include "lib/process/syscall_filter.h"

enum { FD_MASK = 0x7fffffff };

/* System calls used by jansson, malloc, dlopen and message exchange; determined
 * with the whole test suite and the action KILL.  Memory is never executable,
 * except the pages of the library itself, which are then not writable.  mmap
 * has the rows of sandbox_file_rules beside these. */
static const struct syscall_rule locked_rules[] = {
	{ .names = "read write pread64 recvfrom recvmsg sendto sendmsg poll "
	           "ppoll exit exit_group brk munmap mremap madvise futex "
	           "clock_gettime close fstat rt_sigreturn getrandom "
	           "restart_syscall" },
	{ .names = "mmap",
	  .conditions = { { 2, PROT_EXEC, 0 },
	                  { 3, MAP_ANONYMOUS, MAP_ANONYMOUS } } },
	{ .names = "mprotect", .conditions = { { 2, PROT_EXEC, 0 } } },
	{ .names = "prctl", .action = SYSCALL_DENY },
};

static const struct {
	int which;
	rlim_t max;
} resource_limits[] = {
#ifndef __SANITIZE_ADDRESS__
	/* The shadow memory of AddressSanitizer takes terabytes of address
	 * space. */
	{ RLIMIT_AS, (rlim_t)SANDBOX_MEMORY_MIB * 1024 * 1024 },
#endif
	/* poll() accepts no more descriptors than this limit; those that are
	 * open stay open, and no further one can be opened. */
	{ RLIMIT_NOFILE, 1 },
	{ RLIMIT_NPROC, 0 },
	{ RLIMIT_FSIZE, 0 },
	{ RLIMIT_CORE, 0 },
	/* A worker that waits for requests ends with its parent; this limit
	 * ends one that loops after its parent is gone.  The parent replaces a
	 * worker long before. */
	{ RLIMIT_CPU, 2 * 60 * 60 },
};

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

/* ---- the library */

#if defined(__x86_64__)
#define CALL_RESULT(u) ((u)->uc_mcontext.gregs[REG_RAX])
#define CALL_FIRST(u)  ((u)->uc_mcontext.gregs[REG_RDI])
#define CALL_THIRD(u)  ((u)->uc_mcontext.gregs[REG_RDX])
#elif defined(__aarch64__)
#define CALL_RESULT(u) ((u)->uc_mcontext.regs[0])
#define CALL_FIRST(u)  ((u)->uc_mcontext.regs[0])
#define CALL_THIRD(u)  ((u)->uc_mcontext.regs[2])
#else
#error "the sandbox knows the registers of x86_64 and aarch64 only"
#endif

/* Read by the handler. */
static int sandbox_library_fd = -1;
static volatile int *sandbox_note;
static int sandbox_exit_status;
static struct stat sandbox_library_stat;

static long sandbox_answer_open(void)
{
	static volatile sig_atomic_t given;

	if (given)
		return -EPERM;
	given = 1;
	return sandbox_library_fd;
}

static long sandbox_answer_stat(int fd, struct stat *to)
{
	if (fd != sandbox_library_fd)
		return -EPERM;
	memcpy(to, &sandbox_library_stat, sizeof(*to));
	return 0;
}

static bool is_open(int number)
{
#ifdef __NR_open
	if (number == __NR_open)
		return true;
#endif
	return number == __NR_openat;
}

static _Noreturn void sandbox_end(int number)
{
	*sandbox_note = number;
	/* Not a function that a library could extend. */
	for (;;)
		(void)syscall(SYS_exit_group, sandbox_exit_status);
}

static void sandbox_on_trap(int number, siginfo_t *info, void *context)
{
	ucontext_t *u = context;
	long result;

	(void)number;
	if (info->si_syscall == __NR_newfstatat)
		result = sandbox_answer_stat(
		    (int)CALL_FIRST(u),
		    (struct stat *)(uintptr_t)CALL_THIRD(u));
	else if (is_open(info->si_syscall))
		result = sandbox_answer_open();
	else
		sandbox_end(info->si_syscall);
	CALL_RESULT(u) = (__typeof__(CALL_RESULT(u)))result;
}

static bool sandbox_trap(int library_fd, volatile int *note, int exit_status,
                         struct error *err)
{
	struct sigaction action = { .sa_sigaction = sandbox_on_trap,
		                    .sa_flags = SA_SIGINFO | SA_NODEFER };

	sandbox_library_fd = library_fd;
	sandbox_note = note;
	sandbox_exit_status = exit_status;
	(void)sigemptyset(&action.sa_mask);
	if (fstat(library_fd, &sandbox_library_stat) == 0 &&
	    sigaction(SIGSYS, &action, NULL) == 0)
		return true;
	return error_set(err, ERROR_UNAVAILABLE, "cannot set a handler: %s",
	                 strerror(errno));
}

bool sandbox_lock(int library_fd, volatile int *note, int exit_status,
                  struct error *err)
{
	const uint64_t fd = (uint64_t)library_fd;
	const struct syscall_rule sandbox_file_rules[] = {
		{ .names = "mmap",
		  .conditions = { { 4, FD_MASK, fd }, { 2, PROT_EXEC, 0 } } },
		{ .names = "mmap",
		  .conditions = { { 4, FD_MASK, fd },
		                  { 2, PROT_EXEC | PROT_WRITE, PROT_EXEC } } },
	};
	const struct syscall_table tables[] = {
		{ locked_rules, LENGTH(locked_rules) },
		{ sandbox_file_rules, LENGTH(sandbox_file_rules) },
	};

	return sandbox_trap(library_fd, note, exit_status, err) &&
	       set_resource_limits(err) &&
	       syscall_filter_load(tables, LENGTH(tables), SYSCALL_TRAP, err);
}

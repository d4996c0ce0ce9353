/* SPDX-License-Identifier: AGPL-3.0-or-later
 * confine_syscalls.c: the system calls of a daemon, by what it needs.  The
 * lists were found by running every test with PORTVAKT_SYSCALL_FILTER=strict.
 */
#include <linux/sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "lib/compiler.h"
#include "lib/process/confine.h"

#define ALL_BITS 0xffffffffU
#define ARGUMENT(number, value)                     \
	{                                           \
		{                                   \
			(number), ALL_BITS, (value) \
		}                                   \
	}

/* Linux 5.17; glibc names its memory areas with it. */
#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#endif

/* Memory, threads, time, descriptors, reading of files, Unix sockets. */
static const struct syscall_rule base_rules[] = {
	{ .names = "read readv pread64 preadv write writev pwrite64 pwritev "
	           "lseek close close_range dup dup2 dup3 fcntl pipe2 eventfd2 "
	           "signalfd4 timerfd_create timerfd_settime poll ppoll select "
	           "pselect6 epoll_create1 epoll_ctl epoll_wait epoll_pwait "
	           "epoll_pwait2 sendfile" },
	{ .names = "open openat stat fstat lstat newfstatat statx access "
	           "faccessat faccessat2 readlink readlinkat getdents64 getcwd "
	           "statfs fstatfs umask flock" },
	{ .names = "mmap munmap mprotect mremap madvise brk membarrier mlock "
	           "munlock" },
	{ .names = "futex set_robust_list get_robust_list rseq set_tid_address "
	           "exit exit_group sched_yield sched_getaffinity "
	           "sched_getparam sched_getscheduler rt_sigaction "
	           "rt_sigprocmask rt_sigreturn rt_sigtimedwait rt_sigsuspend "
	           "sigaltstack restart_syscall tgkill arch_prctl" },
	{ .names = "clock_gettime clock_getres clock_nanosleep nanosleep "
	           "gettimeofday time times" },
	{ .names = "getpid getppid gettid getuid geteuid getgid getegid "
	           "getresuid getresgid getgroups getpgrp getrlimit getrusage "
	           "prlimit64 getrandom uname sysinfo" },
	{ .names = "socketpair connect accept accept4 bind listen shutdown "
	           "getsockname getpeername getsockopt setsockopt sendto "
	           "sendmsg sendmmsg recvfrom recvmsg recvmmsg" },
	{ .names = "socket", .conditions = ARGUMENT(0, AF_UNIX) },
	{ .names = "ioctl", .conditions = ARGUMENT(1, FIONREAD) },
	{ .names = "ioctl", .conditions = ARGUMENT(1, FIONBIO) },
	{ .names = "ioctl", .conditions = ARGUMENT(1, TCGETS) },
	{ .names = "prctl", .conditions = ARGUMENT(0, PR_SET_NAME) },
	{ .names = "prctl", .conditions = ARGUMENT(0, PR_SET_PDEATHSIG) },
	{ .names = "prctl", .conditions = ARGUMENT(0, PR_SET_VMA) },
	/* libcap reads it when it is loaded, by a module that looks for users
	 * (libnss_systemd). */
	{ .names = "prctl", .conditions = ARGUMENT(0, PR_CAPBSET_READ) },
	/* A new thread, not a process.  The flags of clone3() are in memory,
	 * where a filter cannot see them; glibc then uses clone(). */
	{ .names = "clone",
	  .conditions = { { 0, CLONE_THREAD, CLONE_THREAD } } },
	{ .names = "clone3", .action = SYSCALL_NO_SUCH_CALL },
};

/* getaddrinfo() asks for the addresses of the machine by netlink. */
static const struct syscall_rule network_rules[] = {
	{ .names = "socket", .conditions = ARGUMENT(0, AF_INET) },
	{ .names = "socket", .conditions = ARGUMENT(0, AF_INET6) },
	{ .names = "socket",
	  .conditions = { { 0, ALL_BITS, AF_NETLINK }, { 2, ALL_BITS, 0 } } },
};

static const struct syscall_rule no_network_rules[] = {
	{ "socket", SYSCALL_NO_FAMILY, ARGUMENT(0, AF_INET) },
	{ "socket", SYSCALL_NO_FAMILY, ARGUMENT(0, AF_INET6) },
	{ "socket", SYSCALL_NO_FAMILY, ARGUMENT(0, AF_NETLINK) },
};

static const struct syscall_rule file_rules[] = {
	{ .names = "rename renameat renameat2 unlink unlinkat mkdir mkdirat "
	           "rmdir link linkat ftruncate fallocate fsync fdatasync "
	           "chmod fchmod fchmodat utimensat msync" },
};

/* For a plugin host: its worker loads a narrower filter. */
static const struct syscall_rule child_rules[] = {
	{ .names = "clone fork vfork execve wait4 waitid kill pidfd_open "
	           "pidfd_send_signal setpgid setsid getpgid prctl setrlimit "
	           "seccomp mincore memfd_create" },
};

/* Its children inherit the filter, and confine themselves. */
static const struct syscall_rule supervisor_rules[] = {
	{ .names = "capget capset landlock_create_ruleset landlock_add_rule "
	           "landlock_restrict_self mlockall munlockall" },
};

static const struct syscall_rule identity_call_rules[] = {
	{ .names = "setgroups setresuid setresgid" },
};

/* Calls of an attacker, never of a library: the process ends at once, and the
 * supervisor reports it. */
static const struct syscall_rule killed_rules[] = {
	{ "execveat ptrace process_vm_readv process_vm_writev bpf mount "
	  "umount2 pivot_root chroot setns unshare keyctl add_key request_key "
	  "io_uring_setup io_uring_enter io_uring_register userfaultfd "
	  "open_by_handle_at init_module finit_module delete_module kexec_load "
	  "kexec_file_load perf_event_open reboot swapon swapoff "
	  "personality",
	  SYSCALL_KILL,
	  { { 0 } } },
};

static const struct syscall_rule no_execve_rules[] = {
	{ "execve", SYSCALL_KILL, { { 0 } } },
};

#define TABLE(rules) ((struct syscall_table){ (rules), LENGTH(rules) })

size_t confine_syscall_tables(unsigned needs,
                              struct syscall_table ret_tables[CONFINE_TABLES])
{
	size_t n = 0;

	if (needs & CONFINE_SUPERVISE)
		needs |= CONFINE_NETWORK | CONFINE_FILES | CONFINE_CHILDREN;
	ret_tables[n++] = TABLE(base_rules);
	ret_tables[n++] = TABLE(killed_rules);
	ret_tables[n++] = needs & CONFINE_NETWORK ? TABLE(network_rules)
	                                          : TABLE(no_network_rules);
	if (needs & CONFINE_FILES)
		ret_tables[n++] = TABLE(file_rules);
	ret_tables[n++] = needs & CONFINE_CHILDREN ? TABLE(child_rules)
	                                           : TABLE(no_execve_rules);
	if (needs & CONFINE_SUPERVISE)
		ret_tables[n++] = TABLE(supervisor_rules);
	return n;
}

struct syscall_table confine_identity_calls(void)
{
	return TABLE(identity_call_rules);
}

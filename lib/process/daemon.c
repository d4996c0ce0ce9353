/* SPDX-License-Identifier: AGPL-3.0-or-later
 * daemon.c: common start-up of every daemon: descriptors, signals, socket
 * activation (sd_listen_fds(3)). */
#include "lib/process/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/strbuf.h"

enum { LISTEN_FDS_START = 3, MAX_LISTEN_FDS = 2, EXIT_USAGE = 64 };

enum {
	MALLOC_MAX_HEAPS = 1,
	MALLOC_MMAP_THRESHOLD = 256 * 1024,
	MALLOC_TRIM_THRESHOLD = 512 * 1024
};

static const char *short_name;

/* Otherwise a socket could become descriptor 2 and receive log lines. */
static void daemon_open_standard_fds(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		(void)close(fd);
}

/* By default glibc keeps a heap per thread and returns little memory to the
 * system. */
static void daemon_limit_heap(void)
{
	(void)mallopt(M_ARENA_MAX, MALLOC_MAX_HEAPS);
	(void)mallopt(M_MMAP_THRESHOLD, MALLOC_MMAP_THRESHOLD);
	(void)mallopt(M_TRIM_THRESHOLD, MALLOC_TRIM_THRESHOLD);
}

static void daemon_print_usage(FILE *to, const char *program,
                               const char *operand)
{
	(void)fprintf(to,
	              "usage: %s -c FILE%s%s\n"
	              "       %s --help | --version\n",
	              program, operand ? " " : "", operand ? operand : "",
	              program);
}

int daemon_check_arguments(int argc, char **argv, const char *program,
                           const char *operand)
{
	int expected = operand && *operand != '[' ? 4 : 3;

	if (argc == expected && text_equal(argv[1], "-c"))
		return -1;
	if (argc == 2 && text_equal(argv[1], "--version")) {
		(void)printf("%s %s\n", program, PORTVAKT_VERSION);
		return 0;
	}
	if (argc == 2 && text_equal(argv[1], "--help")) {
		daemon_print_usage(stdout, program, operand);
		return 0;
	}
	daemon_print_usage(stderr, program, operand);
	return EXIT_USAGE;
}

void daemon_trim_heap(void)
{
	(void)malloc_trim(0);
}

void daemon_init(const char *program)
{
	static const char prefix[] = "portvakt-";
	const struct rlimit none = { 0, 0 };

	daemon_open_standard_fds();
	daemon_limit_heap();
	(void)signal(SIGPIPE, SIG_IGN);
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0);
	(void)umask(077);
	log_open(program);
	short_name =
	    text_starts(program, prefix) ? program + strlen(prefix) : program;
}

const char *daemon_short_name(void)
{
	return short_name;
}

int daemon_socket(enum daemon_socket which)
{
	const char *count = getenv("LISTEN_FDS");
	const char *pid = getenv("LISTEN_PID");
	const int fd = LISTEN_FDS_START + (int)which;
	long long passed, listen_pid;
	int listening = 0;
	socklen_t size = sizeof(listening);

	if (!text_to_number(count, 1, MAX_LISTEN_FDS, &passed) ||
	    passed <= (long long)which)
		return -1;
	if (!text_to_number(pid, 1, 1LL << 31, &listen_pid) ||
	    listen_pid != getpid())
		return -1;
	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0 ||
	    !listening)
		return -1;
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	return fd;
}

bool daemon_require_descriptors(unsigned needed, struct error *err)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return error_set(err, ERROR_UNAVAILABLE, "getrlimit: %s",
		                 strerror(errno));
	if (limit.rlim_max < needed)
		return error_set(err, ERROR_INVALID,
		                 "%u open files are needed and the limit is "
		                 "%llu; raise LimitNOFILE",
		                 needed, (unsigned long long)limit.rlim_max);
	if (limit.rlim_cur >= needed)
		return true;
	limit.rlim_cur = needed;
	return setrlimit(RLIMIT_NOFILE, &limit) == 0 ||
	       error_set(err, ERROR_UNAVAILABLE, "setrlimit: %s",
	                 strerror(errno));
}

static sigset_t daemon_stop_signals(void)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	return set;
}

void daemon_block_signals(void)
{
	const sigset_t set = daemon_stop_signals();

	(void)sigprocmask(SIG_BLOCK, &set, NULL);
}

void daemon_wait_for_signal(void)
{
	const sigset_t set = daemon_stop_signals();
	int which;

	while (sigwait(&set, &which) != 0)
		continue;
}

void daemon_die_with_parent(void)
{
	const char *supervisor = getenv("PORTVAKT_SUPERVISOR");
	long long pid;

	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	/* A process orphaned before the call would never get the signal. Under
	 * systemd there is no supervisor and PORTVAKT_SUPERVISOR is unset. */
	if (text_to_number(supervisor, 1, 1LL << 31, &pid) && pid != getppid())
		exit(EXIT_FAILURE);
}

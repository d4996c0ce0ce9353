/* SPDX-License-Identifier: AGPL-3.0-or-later
 * daemon.c: common start-up of every daemon: descriptors, signals, privileges,
 * socket activation (sd_listen_fds(3)). */
#include "lib/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <malloc.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/text.h"

enum { FIRST_PASSED = 3, MOST_PASSED = 2 };

enum { MOST_HEAPS = 1, OWN_MAPPING = 256 * 1024, LEFT_FREE = 512 * 1024 };

static const char *role;

/* Otherwise a socket could become descriptor 2 and receive log lines. */
static void open_standard_fds(void)
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
static void be_thrifty(void)
{
	(void)mallopt(M_ARENA_MAX, MOST_HEAPS);
	(void)mallopt(M_MMAP_THRESHOLD, OWN_MAPPING);
	(void)mallopt(M_TRIM_THRESHOLD, LEFT_FREE);
}

void daemon_rest(void)
{
	(void)malloc_trim(0);
}

void daemon_begin(const char *program)
{
	static const char ours[] = "portvakt-";
	const struct rlimit none = { 0, 0 };

	open_standard_fds();
	be_thrifty();
	(void)signal(SIGPIPE, SIG_IGN);
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0);
	(void)umask(077);
	log_open(program);
	role = text_starts(program, ours) ? program + strlen(ours) : program;
}

const char *daemon_role(void)
{
	return role;
}

int daemon_socket(enum daemon_socket which)
{
	const char *count = getenv("LISTEN_FDS");
	const char *pid = getenv("LISTEN_PID");
	const int fd = FIRST_PASSED + (int)which;
	long long passed, meant;
	int listening = 0;
	socklen_t size = sizeof(listening);

	if (!text_to_number(count, 1, MOST_PASSED, &passed) ||
	    passed <= (long long)which)
		return -1;
	if (!text_to_number(pid, 1, 1LL << 31, &meant) || meant != getpid())
		return -1;
	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0 ||
	    !listening)
		return -1;
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	return fd;
}

bool daemon_become(const char *user, struct fault *why)
{
	if (!user || geteuid() != 0)
		return true;
	errno = 0;
	const struct passwd *who = getpwnam(user);

	if (!who)
		return fault(why, FAULT_INVALID, "there is no user %s", user);
	if (initgroups(user, who->pw_gid) != 0 || setgid(who->pw_gid) != 0 ||
	    setuid(who->pw_uid) != 0)
		return fault(why, FAULT_UNAVAILABLE, "cannot become %s: %s",
		             user, strerror(errno));
	if (who->pw_uid != 0 && setuid(0) == 0)
		return fault(why, FAULT_REFUSED, "root can be had back");
	/* A change of user makes a process dumpable again. */
	(void)prctl(PR_SET_DUMPABLE, 0);
	return true;
}

static sigset_t ending_signals(void)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	return set;
}

void daemon_signals(void)
{
	const sigset_t set = ending_signals();

	(void)sigprocmask(SIG_BLOCK, &set, NULL);
}

void daemon_wait(void)
{
	const sigset_t set = ending_signals();
	int which;

	while (sigwait(&set, &which) != 0)
		continue;
}

void daemon_die_with_parent(void)
{
	const char *master = getenv("PORTVAKT_MASTER");
	long long pid;

	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	/* A process orphaned before the call would never get the signal. Under
	 * systemd there is no supervisor and PORTVAKT_MASTER is unset. */
	if (text_to_number(master, 1, 1LL << 31, &pid) && pid != getppid())
		exit(EXIT_FAILURE);
}

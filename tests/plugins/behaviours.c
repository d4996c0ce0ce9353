/* SPDX-License-Identifier: AGPL-3.0-or-later
 * behaviours.c: one misbehaviour for each NAME; each would permit if it had its
 * way, and denies if the sandbox only refused a call. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>

#include "tests/plugins/test-plugin.h"

extern char **environ;

static int depth(volatile int n)
{
	volatile char room[4096];

	room[0] = (char)n;
	return n < 0 ? 0 : depth(n + 1) + room[0];
}

static void *nothing(void *data)
{
	return data;
}

static int does(const char *what)
{
	return strcmp(NAME, what) == 0;
}

static enum portvakt_verdict take_memory(int how)
{
	return mmap(NULL, 4096, how, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
	               MAP_FAILED
	           ? PORTVAKT_DENY
	           : PORTVAKT_PERMIT;
}

static enum portvakt_verdict flood(void)
{
	static char line[4096];

	memset(line, 'x', sizeof(line) - 1);
	for (int i = 0; i < 10000; i++)
		(void)!write(i % 2 + 1, line, sizeof(line));
	return PORTVAKT_DENY;
}

/* Permits unless opening a file is forbidden, as opens.c. */
static enum portvakt_verdict open_own_environment(void)
{
	return open("/proc/self/environ", O_RDONLY) < 0 && errno == EPERM
	           ? PORTVAKT_DENY
	           : PORTVAKT_PERMIT;
}

/* A result that depends on the clock and not on the question. */
static enum portvakt_verdict ask_the_clock(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_nsec / 1000 % 2 ? PORTVAKT_PERMIT : PORTVAKT_DENY;
}

static enum portvakt_verdict evaluate(size_t count,
                                      const char *const *arguments,
                                      const struct portvakt_context *facts)
{
	char taken[4096];
	pthread_t thread;

	(void)count, (void)arguments, (void)facts;
	if (does("polls"))
		(void)poll(NULL, 0, 5000);
	if (does("threads"))
		(void)pthread_create(&thread, NULL, nothing, NULL);
	if (does("rwx"))
		return take_memory(PROT_READ | PROT_WRITE | PROT_EXEC);
	if (does("talks"))
		(void)!send(3, "{\"verdict\":\"permit\"}", 20, 0);
	if (does("negative"))
		return (enum portvakt_verdict) - 1;
	for (int i = 0; does("repeats") && i < 100; i++)
		(void)write(2, "the same line\n", 14);
	if (does("undefined"))
		return (enum portvakt_verdict)99;
	if (does("proc"))
		return open_own_environment();
	if (does("clock"))
		return ask_the_clock();
	if (does("tgkills"))
		(void)syscall(SYS_tgkill, NO_PROCESS, NO_PROCESS, SIGTERM);
	if (does("reads"))
		(void)!recv(3, taken, sizeof(taken), 0);
	if (does("closes"))
		(void)close(3);
	if (does("recurses"))
		return depth(1) ? PORTVAKT_PERMIT : PORTVAKT_DENY;
	if (does("corrupts"))
		memset(malloc(16), 0xff, 4096 * 64);
	if (does("traces"))
		(void)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	if (does("limits"))
		(void)setrlimit(RLIMIT_AS, &(struct rlimit){ RLIM_INFINITY,
		                                             RLIM_INFINITY });
	if (does("handles"))
		(void)signal(SIGSYS, SIG_IGN);
	if (does("protects"))
		(void)mprotect((void *)((uintptr_t)taken & ~(uintptr_t)4095),
		               4096, PROT_READ | PROT_WRITE | PROT_EXEC);
	if (does("floods"))
		return flood();
	if (does("looks"))
		return environ && environ[0] ? PORTVAKT_PERMIT : PORTVAKT_DENY;
	return PORTVAKT_PERMIT;
}

TEST_PLUGIN(NAME, evaluate)

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * spawn.c: starts a child process with a clean environment, which dies with its
 * parent. Code after fork() may allocate, because the supervisor has one
 * thread. */
#include "lib/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/arena.h"
#include "lib/daemon.h"
#include "lib/list.h"
#include "lib/text.h"

enum { PASSED = 3, NOT_RUN = 127 };

static const char *const inherited[] = {
	"PATH=",     "LANG=",         "CREDENTIALS_DIRECTORY=",
	"PORTVAKT_", "ASAN_OPTIONS=", "UBSAN_OPTIONS=",
};

static bool is_inherited(const char *variable)
{
	if (text_starts(variable, "PORTVAKT_MASTER="))
		return false;
	for (size_t i = 0; i < LENGTH(inherited); i++)
		if (text_starts(variable, inherited[i]))
			return true;
	return false;
}

static char **make_environment(struct arena *a, pid_t master, int listeners)
{
	LIST(char *) env = { 0 };

	for (char **v = environ; v && *v; v++)
		if (is_inherited(*v))
			*list_add(a, &env) = *v;
	*list_add(a, &env) = arena_print(a, "PORTVAKT_MASTER=%d", master);
	if (listeners > 0) {
		*list_add(a, &env) = arena_print(a, "LISTEN_FDS=%d", listeners);
		*list_add(a, &env) =
		    arena_print(a, "LISTEN_PID=%d", (int)getpid());
	}
	*list_add(a, &env) = NULL;
	return env.at;
}

static void forget_signals(void)
{
	sigset_t none;

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
}

static int count_listeners(const struct spawn *what)
{
	int count = 0;

	while (count < SPAWN_LISTENERS && what->listeners[count] >= 0)
		count++;
	return count;
}

/* Duplicates first: dup2() onto the same number would keep close-on-exec, and
 * onto a number in use would close that listener. */
static bool pass_listeners(const struct spawn *what, int count)
{
	int aside[SPAWN_LISTENERS];

	for (int i = 0; i < count; i++) {
		aside[i] = fcntl(what->listeners[i], F_DUPFD_CLOEXEC,
		                 PASSED + SPAWN_LISTENERS);
		if (aside[i] < 0)
			return false;
	}
	for (int i = 0; i < count; i++)
		if (dup2(aside[i], PASSED + i) != PASSED + i)
			return false;
	return close_range((unsigned)(PASSED + count), ~0U, 0) == 0;
}

static _Noreturn void become(const struct spawn *what, pid_t master)
{
	const char *const alone[] = { what->program, NULL };
	const char *const *argv = what->argv ? what->argv : alone;
	struct arena *a = arena_open();
	int listeners = count_listeners(what);

	forget_signals();
	if (!pass_listeners(what, listeners))
		_exit(NOT_RUN);
	if (!daemon_become(what->user, NULL))
		_exit(NOT_RUN);
	/* After the change of user, which clears it. */
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != master)
		_exit(NOT_RUN);
	(void)execve(what->program, (char *const *)argv,
	             make_environment(a, master, listeners));
	_exit(NOT_RUN);
}

bool spawn_child(const struct spawn *what, struct spawned *ret_child,
                 struct fault *why)
{
	pid_t master = getpid();
	pid_t pid = fork();

	if (pid < 0)
		return fault(why, FAULT_UNAVAILABLE, "cannot fork: %s",
		             strerror(errno));
	if (pid == 0)
		become(what, master);
	int pidfd = pidfd_open(pid, 0);

	if (pidfd < 0) {
		(void)fault(why, FAULT_UNAVAILABLE, "cannot watch %s: %s",
		            what->program, strerror(errno));
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
		return false;
	}
	*ret_child = (struct spawned){ .pid = pid, .pidfd = pidfd };
	return true;
}

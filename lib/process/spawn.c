/* SPDX-License-Identifier: AGPL-3.0-or-later
 * spawn.c: starts a child process with a clean environment, which dies with its
 * parent. Code after fork() may allocate, because the supervisor has one
 * thread. */
#include "lib/process/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/arena.h"
#include "lib/process/daemon.h"
#include "lib/strbuf.h"
#include "lib/vector.h"

enum { FIRST_PASSED_FD = 3, EXIT_NOT_RUN = 127 };

static const char *const inherited_variables[] = {
	"PATH=",     "LANG=",         "CREDENTIALS_DIRECTORY=",
	"PORTVAKT_", "ASAN_OPTIONS=", "UBSAN_OPTIONS=",
};

static bool spawn_is_inherited(const char *variable)
{
	if (text_starts(variable, "PORTVAKT_SUPERVISOR="))
		return false;
	for (size_t i = 0; i < LENGTH(inherited_variables); i++)
		if (text_starts(variable, inherited_variables[i]))
			return true;
	return false;
}

static char **spawn_build_environment(struct arena *a, pid_t parent,
                                      int listeners)
{
	VECTOR(char *) env = { 0 };

	for (char **v = environ; v && *v; v++)
		if (spawn_is_inherited(*v))
			*vector_append(a, &env) = *v;
	*vector_append(a, &env) =
	    arena_printf(a, "PORTVAKT_SUPERVISOR=%d", parent);
	if (listeners > 0) {
		*vector_append(a, &env) =
		    arena_printf(a, "LISTEN_FDS=%d", listeners);
		*vector_append(a, &env) =
		    arena_printf(a, "LISTEN_PID=%d", (int)getpid());
	}
	*vector_append(a, &env) = NULL;
	return env.at;
}

static void spawn_reset_signals(void)
{
	sigset_t none;

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
}

static int spawn_count_listeners(const struct spawn_options *options)
{
	int count = 0;

	while (count < SPAWN_LISTENERS && options->listeners[count] >= 0)
		count++;
	return count;
}

/* Duplicates first: dup2() onto the same number would keep close-on-exec, and
 * onto a number in use would close that listener. */
static bool spawn_pass_listeners(const struct spawn_options *options, int count)
{
	int copies[SPAWN_LISTENERS];

	for (int i = 0; i < count; i++) {
		copies[i] = fcntl(options->listeners[i], F_DUPFD_CLOEXEC,
		                  FIRST_PASSED_FD + SPAWN_LISTENERS);
		if (copies[i] < 0)
			return false;
	}
	for (int i = 0; i < count; i++)
		if (dup2(copies[i], FIRST_PASSED_FD + i) != FIRST_PASSED_FD + i)
			return false;
	return close_range((unsigned)(FIRST_PASSED_FD + count), ~0U, 0) == 0;
}

static _Noreturn void spawn_exec(const struct spawn_options *options,
                                 pid_t parent)
{
	const char *const alone[] = { options->program, NULL };
	const char *const *argv = options->argv ? options->argv : alone;
	struct arena *a = arena_open();
	int listeners = spawn_count_listeners(options);

	spawn_reset_signals();
	if (!spawn_pass_listeners(options, listeners))
		_exit(EXIT_NOT_RUN);
	if (!daemon_drop_privileges(options->user, NULL))
		_exit(EXIT_NOT_RUN);
	/* After the change of user, which clears it. */
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(EXIT_NOT_RUN);
	(void)execve(options->program, (char *const *)argv,
	             spawn_build_environment(a, parent, listeners));
	_exit(EXIT_NOT_RUN);
}

bool spawn_child(const struct spawn_options *options,
                 struct spawned_process *ret_child, struct error *err)
{
	pid_t parent = getpid();
	pid_t pid = fork();

	if (pid < 0)
		return error_set(err, ERROR_UNAVAILABLE, "cannot fork: %s",
		                 strerror(errno));
	if (pid == 0)
		spawn_exec(options, parent);
	int pidfd = pidfd_open(pid, 0);

	if (pidfd < 0) {
		(void)error_set(err, ERROR_UNAVAILABLE,
		                "cannot open a pidfd for %s: %s",
		                options->program, strerror(errno));
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
		return false;
	}
	*ret_child = (struct spawned_process){ .pid = pid, .pidfd = pidfd };
	return true;
}

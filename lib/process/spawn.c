/* SPDX-License-Identifier: AGPL-3.0-or-later
 * spawn.c: starts a child process with a clean environment, which dies with its
 * parent. Code after fork() may allocate, because the supervisor has one
 * thread. A pipe that execve() closes carries the error of a child that cannot
 * run its program. */
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
#include "lib/process/identity.h"
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
	/* All others are closed by execve(). */
	return close_range((unsigned)(FIRST_PASSED_FD + count), ~0U,
	                   CLOSE_RANGE_CLOEXEC) == 0;
}

/* Returns on error only. */
static bool spawn_exec(const struct spawn_options *options, pid_t parent,
                       struct error *err)
{
	const char *const alone[] = { options->program, NULL };
	const char *const *argv = options->argv ? options->argv : alone;
	struct arena *a = arena_open();
	int listeners = spawn_count_listeners(options);

	spawn_reset_signals();
	if (!spawn_pass_listeners(options, listeners))
		return error_set(err, ERROR_UNAVAILABLE,
		                 "cannot pass the sockets of %s: %s",
		                 options->program, strerror(errno));
	if (!identity_change(options->user, err))
		return false;
	/* After the change of user, which clears it. */
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		return error_set(err, ERROR_UNAVAILABLE,
		                 "the supervisor has exited");
	(void)execve(options->program, (char *const *)argv,
	             spawn_build_environment(a, parent, listeners));
	return error_set(err, ERROR_UNAVAILABLE, "cannot run %s: %s",
	                 options->program, strerror(errno));
}

/* The pipe's end must not be one of the passed descriptors. */
static _Noreturn void spawn_run_child(const struct spawn_options *options,
                                      pid_t parent, int pipe_end)
{
	struct error err = { 0 };
	int report =
	    fcntl(pipe_end, F_DUPFD_CLOEXEC, FIRST_PASSED_FD + SPAWN_LISTENERS);

	(void)!spawn_exec(options, parent, &err);
	(void)!write(report < 0 ? pipe_end : report, err.text,
	             strlen(err.text));
	_exit(EXIT_NOT_RUN);
}

/* Returns whether the child runs its program, which closes the pipe. */
static bool spawn_wait_for_exec(int pipe_end, struct error *err)
{
	char text[ERROR_TEXT_SIZE] = { 0 };
	ssize_t length;

	do
		length = read(pipe_end, text, sizeof(text) - 1);
	while (length < 0 && errno == EINTR);
	return length <= 0 || error_set(err, ERROR_UNAVAILABLE, "%s", text);
}

static bool spawn_fork(const struct spawn_options *options,
                       const int pipe_ends[2], pid_t *ret_pid,
                       struct error *err)
{
	pid_t parent = getpid();
	pid_t pid = fork();

	if (pid == 0)
		spawn_run_child(options, parent, pipe_ends[1]);
	(void)close(pipe_ends[1]);
	if (pid < 0)
		(void)error_set(err, ERROR_UNAVAILABLE, "cannot fork: %s",
		                strerror(errno));
	else if (spawn_wait_for_exec(pipe_ends[0], err))
		*ret_pid = pid;
	else
		(void)waitpid(pid, NULL, 0);
	(void)close(pipe_ends[0]);
	return pid > 0 && *ret_pid == pid;
}

bool spawn_child(const struct spawn_options *options,
                 struct spawned_process *ret_child, struct error *err)
{
	int pipe_ends[2];
	pid_t pid = 0;

	if (pipe2(pipe_ends, O_CLOEXEC) != 0)
		return error_set(err, ERROR_UNAVAILABLE,
		                 "cannot create a pipe: %s", strerror(errno));
	if (!spawn_fork(options, pipe_ends, &pid, err))
		return false;
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

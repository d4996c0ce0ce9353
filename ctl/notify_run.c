/* SPDX-License-Identifier: AGPL-3.0-or-later
 * notify_run.c: runs the region's notify-command: no shell, an environment of
 * its own, the mail on standard input, and a time limit. */
#include "ctl/notify.h"

#include <errno.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/process/spawn.h"
#include "lib/strbuf.h"

enum { SENDER_TIMEOUT_MS = 20 * 1000 };

static const char sender_user[] = "portvakt-notify";

/* The child inherits PATH and LANG only. */
static bool notify_set_environment(struct error *err)
{
	return (clearenv() == 0 &&
	        setenv("PATH",
	               "/usr/local/sbin:/usr/local/bin:/usr/sbin:"
	               "/usr/bin:/sbin:/bin",
	               1) == 0 &&
	        setenv("LANG", "C.UTF-8", 1) == 0) ||
	       error_set(err, ERROR_UNAVAILABLE, "cannot set the environment");
}

/* Makes the text this process's standard input, which the child inherits. */
static bool notify_set_input(const char *text, struct error *err)
{
	size_t length = strlen(text);
	int fd = memfd_create("mail", MFD_CLOEXEC);
	bool good = fd >= 0 && write(fd, text, length) == (ssize_t)length &&
	            lseek(fd, 0, SEEK_SET) == 0 &&
	            dup2(fd, STDIN_FILENO) == STDIN_FILENO;

	if (fd >= 0)
		(void)close(fd);
	return good ||
	       error_set(err, ERROR_UNAVAILABLE, "cannot prepare the mail: %m");
}

static bool notify_wait(const struct spawned_process *child, int *ret_status)
{
	struct pollfd p = { .fd = child->pidfd, .events = POLLIN };
	bool ended = poll(&p, 1, SENDER_TIMEOUT_MS) == 1;

	if (!ended)
		(void)kill(child->pid, SIGKILL);
	(void)waitpid(child->pid, ret_status, 0);
	(void)close(child->pidfd);
	return ended;
}

static bool notify_check_status(const char *program, int status,
                                struct error *err)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	if (WIFEXITED(status))
		return error_set(err, ERROR_UNAVAILABLE, "%s ended with %d",
		                 program, WEXITSTATUS(status));
	return error_set(err, ERROR_UNAVAILABLE, "%s was ended by signal %d",
	                 program, WTERMSIG(status));
}

bool notify_run_command(const struct config *cfg, const char *text,
                        struct error *err)
{
	const struct spawn_options options = {
		.program = cfg->notify_command[0],
		.argv = (const char *const *)cfg->notify_command,
		.user = getpwnam(sender_user) ? sender_user : NULL,
		.listeners = { -1, -1 },
	};
	struct spawned_process child;
	int status = 0;

	if (!notify_set_environment(err) || !notify_set_input(text, err) ||
	    !spawn_child(&options, &child, err))
		return false;
	if (!notify_wait(&child, &status))
		return error_set(err, ERROR_UNAVAILABLE,
		                 "%s did not end within %d s", options.program,
		                 SENDER_TIMEOUT_MS / 1000);
	return notify_check_status(options.program, status, err);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * program.c: the other programs that a command runs: portvakt-plugin-host,
 * which checks and tests plugins in its sandbox before they are used, and those
 * that make a region on a machine, examine, back up and remove it. */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "lib/compiler.h"
#include "lib/strbuf.h"
#include "region/config/config.h"

const char *ctl_program_path(struct arena *a, const char *name)
{
	static const char *const folders[] = { "", "../libexec/portvakt/" };
	char self[PATH_MAX] = { 0 };

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) <= 0)
		return NULL;
	const char *folder = dirname(self);

	for (size_t i = 0; i < LENGTH(folders); i++) {
		const char *path =
		    arena_printf(a, "%s/%s%s", folder, folders[i], name);

		if (access(path, X_OK) == 0)
			return path;
	}
	return NULL;
}

/* ---- portvakt-plugin-host */

pid_t plugin_host_start(const struct command *c, char **argv, int fd)
{
	const char *program =
	    ctl_program_path(c->arena, "portvakt-plugin-host");
	char *environment[] = { NULL };
	posix_spawn_file_actions_t files;
	pid_t pid = 0;

	if (!program) {
		fprintf(stderr, "portvaktctl: plugins cannot be run: "
		                "portvakt-plugin-host is not installed\n");
		return 0;
	}
	argv[0] = arena_strdup(c->arena, program);
	(void)fflush(stdout);
	(void)posix_spawn_file_actions_init(&files);
	if (fd >= 0)
		(void)posix_spawn_file_actions_adddup2(&files, fd,
		                                       STDERR_FILENO + 1);
	int failed =
	    posix_spawn(&pid, program, &files, NULL, argv, environment);

	(void)posix_spawn_file_actions_destroy(&files);
	if (failed == 0)
		return pid;
	fprintf(stderr, "portvaktctl: %s: %s\n", program, strerror(failed));
	return 0;
}

/* Returns the exit status; 1: it did not run. */
static int plugin_host_run(const struct command *c, char **argv)
{
	pid_t pid = plugin_host_start(c, argv, -1);
	int status = 0;

	if (pid == 0)
		return 1;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	fprintf(stderr, "portvaktctl: %s ended by signal %d\n", argv[0],
	        WTERMSIG(status));
	return 1;
}

bool ctl_check_plugins(const struct command *c, const struct config *cfg)
{
	char *argv[] = { NULL, arena_strdup(c->arena, "--check-plugins"),
		         arena_strdup(c->arena, cfg->file), NULL };

	return !config_has_plugins(cfg) || plugin_host_run(c, argv) == 0;
}

int command_plugin_test(const struct command *c)
{
	char **argv = arena_array(c->arena, char *, (size_t)c->argc + 2);

	argv[1] = arena_strdup(c->arena, "--test-plugin");
	for (int i = 2; i < c->argc; i++)
		argv[i] = c->argv[i];
	return plugin_host_run(c, argv);
}

/* ---- programs that are commands */

int command_program(const struct command *c)
{
	const char *name = arena_printf(c->arena, "portvakt-%s", c->argv[0]);
	const char *path = ctl_program_path(c->arena, name);

	if (!path) {
		(void)fprintf(stderr,
		              "portvaktctl: %s is not installed; it is in the "
		              "package portvakt-region\n",
		              name);
		return 1;
	}
	(void)execv(path, c->argv);
	(void)fprintf(stderr, "portvaktctl: %s: %s\n", path, strerror(errno));
	return 1;
}

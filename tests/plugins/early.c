/* SPDX-License-Identifier: AGPL-3.0-or-later
 * early.c: tries to escape the sandbox in a constructor, before any request;
 * returns PERMIT if it succeeded. */
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "tests/plugins/test-plugin.h"

static int escaped;

__attribute__((constructor)) static void try_to_escape(void)
{
	char *const program[] = { "/bin/true", NULL };

	escaped |= socket(AF_INET, SOCK_STREAM, 0) >= 0;
	escaped |= socket(AF_UNIX, SOCK_STREAM, 0) >= 0;
	escaped |= open("/dev/null", O_RDWR) >= 0;
	escaped |= open("/dev/null", O_WRONLY) >= 0;
	escaped |= open("/dev/null", O_RDONLY) < 0; /* reading is allowed */
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	escaped |= child > 0;
	if (child > 0)
		(void)waitpid(child, NULL, 0);
	(void)execve("/nonexistent", program, NULL);
}

static enum portvakt_verdict evaluate(size_t count,
                                      const char *const *arguments,
                                      const struct portvakt_context *facts)
{
	(void)count;
	(void)arguments;
	(void)facts;
	return escaped ? PORTVAKT_PERMIT : PORTVAKT_DENY;
}

TEST_PLUGIN("early", evaluate)

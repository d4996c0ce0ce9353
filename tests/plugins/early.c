/* SPDX-License-Identifier: AGPL-3.0-or-later
 * early.c: tries to get out while it is loaded, before anybody asks; permits
 * where it got out. */
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "tests/plugins/test-plugin.h"

static int got_out;

__attribute__((constructor)) static void begin(void)
{
	char *const program[] = { "/bin/true", NULL };

	got_out |= socket(AF_INET, SOCK_STREAM, 0) >= 0;
	got_out |= socket(AF_UNIX, SOCK_STREAM, 0) >= 0;
	got_out |= open("/dev/null", O_RDWR) >= 0;
	got_out |= open("/dev/null", O_WRONLY) >= 0;
	got_out |= open("/dev/null", O_RDONLY) < 0; /* reading it may */
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	got_out |= child > 0;
	if (child > 0)
		(void)waitpid(child, NULL, 0);
	(void)execve("/nonexistent", program, NULL);
}

static enum portvakt_verdict judge(size_t count, const char *const *arguments,
                                   const struct portvakt_facts *facts)
{
	(void)count;
	(void)arguments;
	(void)facts;
	return got_out ? PORTVAKT_PERMIT : PORTVAKT_DENY;
}

TEST_PLUGIN("early", judge)

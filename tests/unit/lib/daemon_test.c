/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/daemon.h"

/* What a daemon does to its process is tried in a child: its exit status. */
static int in_child(int (*play)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(play());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void hand_over(int fd, int pid)
{
	char text[16];

	(void)dup2(fd, 3);
	(void)snprintf(text, sizeof(text), "%d", pid);
	(void)setenv("LISTEN_FDS", "1", 1);
	(void)setenv("LISTEN_PID", text, 1);
}

static int listening(void)
{
	struct sockaddr_un any = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	/* Of no length: the kernel finds it a name. */
	if (bind(fd, (struct sockaddr *)&any, sizeof(any.sun_family)) != 0 ||
	    listen(fd, 1) != 0)
		_exit(99);
	return fd;
}

static int takes_its_own(void)
{
	hand_over(listening(), getpid());
	return daemon_socket(DAEMON_FIRST) == 3 &&
	       fcntl(3, F_GETFD) == FD_CLOEXEC;
}

static int takes_anothers(void)
{
	hand_over(listening(), getpid() + 1);
	return daemon_socket(DAEMON_FIRST) == -1;
}

static int takes_a_file(void)
{
	hand_over(open("/dev/null", O_RDONLY), getpid());
	return daemon_socket(DAEMON_FIRST) == -1;
}

static int takes_a_socket_that_does_not_listen(void)
{
	hand_over(socket(AF_UNIX, SOCK_SEQPACKET, 0), getpid());
	return daemon_socket(DAEMON_FIRST) == -1;
}

static int takes_both(void)
{
	hand_over(listening(), getpid());
	(void)dup2(listening(), 4);
	if (daemon_socket(DAEMON_SECOND) != -1)
		return 2;
	(void)setenv("LISTEN_FDS", "2", 1);
	return daemon_socket(DAEMON_FIRST) == 3 &&
	       daemon_socket(DAEMON_SECOND) == 4 &&
	       fcntl(4, F_GETFD) == FD_CLOEXEC;
}

static void only_a_listening_socket_meant_for_us_is_taken(void **state)
{
	(void)state;
	assert_int_equal(in_child(takes_its_own), 1);
	assert_int_equal(in_child(takes_anothers), 1);
	assert_int_equal(in_child(takes_a_file), 1);
	assert_int_equal(in_child(takes_a_socket_that_does_not_listen), 1);
	assert_int_equal(in_child(takes_both), 1);
}

static int is_closed_up(void)
{
	struct rlimit core;
	int ends[2];

	(void)close(0);
	(void)close(2);
	daemon_begin("portvakt-test");
	if (pipe(ends) != 0 || ends[0] < 3)
		return 2;
	(void)close(ends[0]);
	if (write(ends[1], "x", 1) != -1)
		return 3;
	(void)getrlimit(RLIMIT_CORE, &core);
	if (core.rlim_cur != 0 || prctl(PR_GET_DUMPABLE) != 0)
		return 4;
	return umask(0) == 077;
}

static void a_daemon_begins_closed_up(void **state)
{
	(void)state;
	assert_int_equal(in_child(is_closed_up), 1);
}

static int becomes_nobody_for_good(void)
{
	if (!daemon_become("nobody", NULL))
		return 2;
	return geteuid() != 0 && setuid(0) != 0 && prctl(PR_GET_DUMPABLE) == 0;
}

static int becomes_who_is_not(void)
{
	return !daemon_become("no-such-user", NULL);
}

static void root_is_given_up_for_good(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(in_child(becomes_nobody_for_good), 1);
	assert_int_equal(in_child(becomes_who_is_not), 1);
	assert_true(daemon_become(NULL, NULL));
}

static int waits(void)
{
	daemon_signals();
	(void)kill(getpid(), SIGTERM);
	daemon_wait();
	return 1;
}

static void a_signal_ends_the_wait_and_not_the_process(void **state)
{
	(void)state;
	assert_int_equal(in_child(waits), 1);
}

static int has_another_master(void)
{
	(void)setenv("PORTVAKT_MASTER", "1", 1);
	daemon_die_with_parent();
	return 7;
}

static int has_no_master(void)
{
	(void)unsetenv("PORTVAKT_MASTER");
	daemon_die_with_parent();
	return 7;
}

static void an_orphan_ends(void **state)
{
	(void)state;
	assert_int_equal(in_child(has_another_master), EXIT_FAILURE);
	assert_int_equal(in_child(has_no_master), 7);
}

TESTS(only_a_listening_socket_meant_for_us_is_taken, a_daemon_begins_closed_up,
      root_is_given_up_for_good, a_signal_ends_the_wait_and_not_the_process,
      an_orphan_ends)

/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/process/daemon.h"

/* Each case runs in a child; the exit status is the result. */
static int in_child(int (*play)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(play());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void pass_socket(int fd, int pid)
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

	/* Without a name: the kernel assigns one (autobind). */
	if (bind(fd, (struct sockaddr *)&any, sizeof(any.sun_family)) != 0 ||
	    listen(fd, 1) != 0)
		_exit(99);
	return fd;
}

static int accepts_its_own_pid(void)
{
	pass_socket(listening(), getpid());
	return daemon_socket(DAEMON_SOCKET_FIRST) == 3 &&
	       fcntl(3, F_GETFD) == FD_CLOEXEC;
}

static int rejects_another_pid(void)
{
	pass_socket(listening(), getpid() + 1);
	return daemon_socket(DAEMON_SOCKET_FIRST) == -1;
}

static int rejects_a_file(void)
{
	pass_socket(open("/dev/null", O_RDONLY), getpid());
	return daemon_socket(DAEMON_SOCKET_FIRST) == -1;
}

static int rejects_a_socket_that_does_not_listen(void)
{
	pass_socket(socket(AF_UNIX, SOCK_SEQPACKET, 0), getpid());
	return daemon_socket(DAEMON_SOCKET_FIRST) == -1;
}

static int accepts_both(void)
{
	pass_socket(listening(), getpid());
	(void)dup2(listening(), 4);
	if (daemon_socket(DAEMON_SOCKET_SECOND) != -1)
		return 2;
	(void)setenv("LISTEN_FDS", "2", 1);
	return daemon_socket(DAEMON_SOCKET_FIRST) == 3 &&
	       daemon_socket(DAEMON_SOCKET_SECOND) == 4 &&
	       fcntl(4, F_GETFD) == FD_CLOEXEC;
}

static void only_a_listening_socket_for_this_pid_is_accepted(void **state)
{
	(void)state;
	assert_int_equal(in_child(accepts_its_own_pid), 1);
	assert_int_equal(in_child(rejects_another_pid), 1);
	assert_int_equal(in_child(rejects_a_file), 1);
	assert_int_equal(in_child(rejects_a_socket_that_does_not_listen), 1);
	assert_int_equal(in_child(accepts_both), 1);
}

static int is_hardened(void)
{
	struct rlimit core;
	int ends[2];

	(void)close(0);
	(void)close(2);
	daemon_init("portvakt-test");
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

static void daemon_init_hardens_the_process(void **state)
{
	(void)state;
	assert_int_equal(in_child(is_hardened), 1);
}

static int waits(void)
{
	daemon_block_signals();
	(void)kill(getpid(), SIGTERM);
	daemon_wait_for_signal();
	return 1;
}

/* In a child: a limit is lowered for good. */
static void require_descriptors_in_child(void)
{
	struct rlimit limit = { 64, 512 };
	struct error err = { 0 };

	(void)setrlimit(RLIMIT_NOFILE, &limit);
	if (!daemon_require_descriptors(512, NULL))
		_exit(1);
	(void)getrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur != 512)
		_exit(2);
	if (daemon_require_descriptors(513, &err))
		_exit(3);
	_exit(strstr(err.text, "513 open files are needed and the limit is "
	                       "512; raise LimitNOFILE")
	          ? 0
	          : 4);
}

static void descriptors_are_allowed_or_the_start_is_an_error(void **state)
{
	int status;
	pid_t child = fork();

	(void)state;
	if (child == 0)
		require_descriptors_in_child();
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void a_signal_ends_the_wait_and_not_the_process(void **state)
{
	(void)state;
	assert_int_equal(in_child(waits), 1);
}

static int has_another_parent(void)
{
	(void)setenv("PORTVAKT_SUPERVISOR", "1", 1);
	daemon_die_with_parent();
	return 7;
}

static int has_no_supervisor(void)
{
	(void)unsetenv("PORTVAKT_SUPERVISOR");
	daemon_die_with_parent();
	return 7;
}

static void an_orphan_exits(void **state)
{
	(void)state;
	assert_int_equal(in_child(has_another_parent), EXIT_FAILURE);
	assert_int_equal(in_child(has_no_supervisor), 7);
}

static int check_arguments(const char *operand, const char *one,
                           const char *two, const char *three)
{
	const char *const given[] = { "portvakt-x", one, two, three };
	char *argv[5] = { 0 };
	int argc = 0;

	while (argc < 4 && given[argc]) {
		argv[argc] = strdup(given[argc]);
		argc++;
	}
	int status = daemon_check_arguments(argc, argv, "portvakt-x", operand);

	for (int i = 0; i < argc; i++)
		free(argv[i]);
	return status;
}

static void a_daemon_starts_with_its_arguments_only(void **state)
{
	(void)state;
	assert_int_equal(check_arguments(NULL, "-c", "file", NULL), -1);
	assert_int_equal(check_arguments("[--sync]", "-c", "file", NULL), -1);
	assert_int_equal(check_arguments("NAME", "-c", "file", "tinn"), -1);
	assert_int_equal(check_arguments(NULL, "--help", NULL, NULL), 0);
	assert_int_equal(check_arguments("NAME", "--version", NULL, NULL), 0);
	assert_int_equal(check_arguments("NAME", "-c", "file", NULL), 64);
	assert_int_equal(check_arguments(NULL, "-c", "file", "tinn"), 64);
	assert_int_equal(check_arguments(NULL, "-x", "file", NULL), 64);
	assert_int_equal(check_arguments(NULL, NULL, NULL, NULL), 64);
}

TESTS(only_a_listening_socket_for_this_pid_is_accepted,
      daemon_init_hardens_the_process,
      descriptors_are_allowed_or_the_start_is_an_error,
      a_signal_ends_the_wait_and_not_the_process, an_orphan_exits,
      a_daemon_starts_with_its_arguments_only)

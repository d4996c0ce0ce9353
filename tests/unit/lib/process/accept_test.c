/* SPDX-License-Identifier: AGPL-3.0-or-later
 * accept_test.c: a shortage of descriptors costs a pause, and one line of the
 * log. */
#include "tests/unit/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/process/accept.h"

static int listener;
static struct sockaddr_un address = { .sun_family = AF_UNIX };

static int open_listener(void **state)
{
	char folder[] = "/tmp/portvakt-test-XXXXXX";

	(void)state;
	assert_non_null(mkdtemp(folder));
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/s",
	               folder);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(
	    bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 8), 0);
	return 0;
}

static int close_listener(void **state)
{
	(void)state;
	(void)close(listener);
	(void)unlink(address.sun_path);
	*strrchr(address.sun_path, '/') = '\0';
	(void)rmdir(address.sun_path);
	return 0;
}

static int client(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(
	    connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* Allows as many descriptors as are open; returns the limit before. */
static struct rlimit use_up_descriptors(void)
{
	struct rlimit before, none;
	int next = dup(listener);

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = (struct rlimit){ (rlim_t)next, before.rlim_max };
	(void)close(next);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	return before;
}

/* Standard error in a file, for the lines of the log. */
static int saved_stderr, log_file;

static void capture(void)
{
	char path[] = "/tmp/portvakt-log-XXXXXX";

	saved_stderr = dup(STDERR_FILENO);
	log_file = mkstemp(path);
	(void)unlink(path);
	(void)dup2(log_file, STDERR_FILENO);
}

static const char *captured(void)
{
	static char text[4096];
	ssize_t length = pread(log_file, text, sizeof(text) - 1, 0);

	(void)dup2(saved_stderr, STDERR_FILENO);
	(void)close(saved_stderr);
	(void)close(log_file);
	text[length > 0 ? length : 0] = '\0';
	return text;
}

static void a_shortage_pauses_and_is_logged_once(void **state)
{
	struct accept_state s = { 0 };
	int waiting = client();

	(void)state;
	capture();
	struct rlimit before = use_up_descriptors();
	const int64_t began = clock_monotonic_ms();

	for (int i = 0; i < 3; i++)
		assert_int_equal(accept_client(listener, &s), -1);
	const int64_t took = clock_monotonic_ms() - began;

	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	/* The client has waited, and is not lost. */
	int fd = accept_client(listener, &s);
	const char *log = captured();

	assert_true(fd >= 0);
	assert_true(took >= 300);
	const char *line = strstr(log, "process.accept_failed");

	assert_non_null(line);
	assert_non_null(strstr(line, "Too many open files"));
	assert_null(strstr(line + 1, "process.accept_failed"));
	assert_non_null(strstr(line, "process.accept_resumed"));
	(void)close(fd);
	(void)close(waiting);
}

static void a_client_that_has_gone_costs_no_pause(void **state)
{
	struct accept_state s = { 0 };

	(void)state;
	assert_int_equal(fcntl(listener, F_SETFL, O_NONBLOCK), 0);
	const int64_t began = clock_monotonic_ms();

	for (int i = 0; i < 5; i++)
		assert_int_equal(accept_client(listener, &s), -1);
	assert_true(clock_monotonic_ms() - began < 300);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_shortage_pauses_and_is_logged_once),
		cmocka_unit_test(a_client_that_has_gone_costs_no_pause),
	};

	return cmocka_run_group_tests(tests, open_listener, close_listener);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * A socket that goes for good, and those who waited at it. */
#include "tests/unit/test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/listen.h"

static char path[64];

static int knock(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	if (connect(fd, (const struct sockaddr *)&at, sizeof(at)) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

/* What the other end said before it closed. */
static const char *heard(int fd)
{
	static char said[64];
	ssize_t got = recv(fd, said, sizeof(said) - 1, 0);

	said[got > 0 ? got : 0] = '\0';
	(void)close(fd);
	return said;
}

static int open_it(const char *farewell)
{
	const struct listen_at at = { .path = path,
		                      .kind = LISTEN_STREAM,
		                      .farewell = farewell };
	struct fault why = { 0 };
	int fd;

	(void)snprintf(path, sizeof(path), "/tmp/listen-test-%d", getpid());
	assert_true(listen_open(&at, &fd, &why));
	return fd;
}

static void whoever_waits_hears_the_farewell_even_having_spoken(void **state)
{
	const struct listen_at at = { .path = path, .farewell = "code: 52\n" };
	int listening = open_it(at.farewell);
	int first = knock(), second = knock();

	(void)state;
	assert_int_equal(send(first, "BIND\n", 5, MSG_NOSIGNAL), 5);
	listen_close(&at, listening);
	assert_string_equal(heard(first), at.farewell);
	assert_string_equal(heard(second), at.farewell);
	assert_int_equal(knock(), -1);
	assert_int_not_equal(access(path, F_OK), 0);
}

/* As slapd does it: whoever got in must be told. */
static atomic_int connected, told;

static void *knock_on(void *with)
{
	(void)with;
	for (;;) {
		int fd = knock();

		if (fd < 0)
			return NULL;
		connected++;
		told += strlen(heard(fd)) > 0;
	}
}

static void nobody_slips_in_between_the_farewell_and_the_end(void **state)
{
	const struct listen_at at = { .path = path, .farewell = "no\n" };

	(void)state;
	connected = told = 0;
	for (int round = 0; round < 200; round++) {
		pthread_t threads[4];
		int listening = open_it(at.farewell);

		for (size_t i = 0; i < 4; i++)
			(void)pthread_create(&threads[i], NULL, knock_on, NULL);
		(void)usleep(500);
		listen_close(&at, listening);
		for (size_t i = 0; i < 4; i++)
			(void)pthread_join(threads[i], NULL);
	}
	assert_true(connected > 0);
	assert_int_equal(connected, told);
}

TESTS(whoever_waits_hears_the_farewell_even_having_spoken,
      nobody_slips_in_between_the_farewell_and_the_end)

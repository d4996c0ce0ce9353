/* SPDX-License-Identifier: AGPL-3.0-or-later
 * listen_test.c: closing a socket while clients wait in its queue. */
#include "tests/unit/test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/process/listen.h"

static char path[64];

static int connect_client(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	if (connect(fd, (const struct sockaddr *)&at, sizeof(at)) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

/* Returns what the server sent before it closed. */
static const char *read_reply(int fd)
{
	static char reply[64];
	ssize_t got = recv(fd, reply, sizeof(reply) - 1, 0);

	reply[got > 0 ? got : 0] = '\0';
	(void)close(fd);
	return reply;
}

static int open_socket(const char *busy_reply)
{
	const struct listen_socket at = { .path = path,
		                          .type = LISTEN_STREAM,
		                          .busy_reply = busy_reply };
	struct error err = { 0 };
	int fd;

	(void)snprintf(path, sizeof(path), "/tmp/listen-test-%d", getpid());
	assert_true(listen_open(&at, &fd, &err));
	return fd;
}

static void queued_clients_get_the_busy_reply_even_after_sending(void **state)
{
	const struct listen_socket at = { .path = path,
		                          .busy_reply = "code: 52\n" };
	int listening = open_socket(at.busy_reply);
	int first = connect_client(), second = connect_client();

	(void)state;
	assert_int_equal(send(first, "BIND\n", 5, MSG_NOSIGNAL), 5);
	listen_close(&at, listening);
	assert_string_equal(read_reply(first), at.busy_reply);
	assert_string_equal(read_reply(second), at.busy_reply);
	assert_int_equal(connect_client(), -1);
	assert_int_not_equal(access(path, F_OK), 0);
}

/* As with slapd: a connected client must get the busy reply. */
static atomic_int connected, replied;

static void *connect_repeatedly(void *data)
{
	(void)data;
	for (;;) {
		int fd = connect_client();

		if (fd < 0)
			return NULL;
		connected++;
		replied += strlen(read_reply(fd)) > 0;
	}
}

static void every_connected_client_gets_the_busy_reply(void **state)
{
	const struct listen_socket at = { .path = path, .busy_reply = "no\n" };

	(void)state;
	connected = replied = 0;
	for (int round = 0; round < 200; round++) {
		pthread_t threads[4];
		int listening = open_socket(at.busy_reply);

		for (size_t i = 0; i < 4; i++)
			(void)pthread_create(&threads[i], NULL,
			                     connect_repeatedly, NULL);
		(void)usleep(500);
		listen_close(&at, listening);
		for (size_t i = 0; i < 4; i++)
			(void)pthread_join(threads[i], NULL);
	}
	assert_true(connected > 0);
	assert_int_equal(connected, replied);
}

TESTS(queued_clients_get_the_busy_reply_even_after_sending,
      every_connected_client_gets_the_busy_reply)

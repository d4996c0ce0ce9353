/* SPDX-License-Identifier: AGPL-3.0-or-later
 * Tests of accept_loop.c, with connections that are only counted. */
#include "tests/unit/test.h"

#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "idp/http/accept_loop.h"

enum { MAX = 2, WAIT_US = 300 * 1000, RECOUNT_US = 3 * 1000 * 1000 };

static struct accept_loop *loop;
static char path[64];
static int listening;
static atomic_uint added, served;
static atomic_bool refusing;

static bool add(void *data, int fd)
{
	(void)data;
	(void)close(fd);
	atomic_fetch_add(&added, 1);
	if (atomic_load(&refusing))
		return false;
	atomic_fetch_add(&served, 1);
	return true;
}

static unsigned count(void *data)
{
	(void)data;
	return atomic_load(&served);
}

static int connect_client(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

static void connect_clients(unsigned number)
{
	for (unsigned i = 0; i < number; i++)
		(void)close(connect_client());
	(void)usleep(WAIT_US);
}

static void start(void)
{
	const struct accept_loop_callbacks calls = { NULL, add, count };
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	atomic_store(&added, 0);
	atomic_store(&served, 0);
	atomic_store(&refusing, false);
	(void)snprintf(path, sizeof(path), "/tmp/portvakt-accept-%d.sock",
	               (int)getpid());
	(void)unlink(path);
	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(listening, (struct sockaddr *)&at, sizeof(at)),
	                 0);
	assert_int_equal(listen(listening, 16), 0);
	assert_true(accept_loop_open(listening, MAX, &calls, &loop, NULL));
	assert_true(accept_loop_start(loop, NULL));
}

static void stop(void)
{
	accept_loop_stop(loop);
	accept_loop_close(loop);
	(void)close(listening);
	(void)unlink(path);
}

static void at_the_limit_a_connection_waits_until_another_closes(void **state)
{
	(void)state;
	start();
	connect_clients(MAX + 2);
	assert_int_equal(atomic_load(&added), MAX);
	atomic_fetch_sub(&served, 1);
	accept_loop_closed(loop);
	(void)usleep(WAIT_US);
	assert_int_equal(atomic_load(&added), MAX + 1);
	stop();
}

static void a_connection_that_is_not_served_takes_no_place(void **state)
{
	(void)state;
	start();
	atomic_store(&refusing, true);
	connect_clients(MAX + 3);
	assert_int_equal(atomic_load(&added), MAX + 3);
	stop();
}

static void connections_that_closed_without_notice_are_counted(void **state)
{
	(void)state;
	start();
	connect_clients(MAX + 1);
	assert_int_equal(atomic_load(&added), MAX);
	atomic_store(&served, 0);
	(void)usleep(RECOUNT_US);
	assert_int_equal(atomic_load(&added), MAX + 1);
	stop();
}

static void the_end_leaves_the_queue_to_the_next_process(void **state)
{
	(void)state;
	start();
	accept_loop_stop(loop);
	int client = connect_client();

	(void)usleep(WAIT_US);
	assert_int_equal(atomic_load(&added), 0);
	int next = accept(listening, NULL, NULL);

	assert_true(next >= 0);
	(void)close(next);
	(void)close(client);
	accept_loop_close(loop);
	(void)close(listening);
	(void)unlink(path);
}

TESTS(at_the_limit_a_connection_waits_until_another_closes,
      a_connection_that_is_not_served_takes_no_place,
      connections_that_closed_without_notice_are_counted,
      the_end_leaves_the_queue_to_the_next_process)

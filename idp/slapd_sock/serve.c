/* SPDX-License-Identifier: AGPL-3.0-or-later
 * serve.c: serves one bind per connection.  When all slots are in use the reply
 * is busy at once, because a waiting connection holds a thread of slapd. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "idp/slapd_sock/slapd_sock.h"
#include "lib/log.h"
#include "lib/process/accept.h"
#include "lib/process/daemon.h"
#include "lib/thread/thread_pool.h"

enum { IDLE_TRIM_INTERVAL_MS = 30 * 1000 };

struct slapd_sock_server {
	int listen_fd, stop_fd;
	const struct slapd_sock_backends *backends;
	struct thread_pool *work;
	pthread_t thread;
	struct accept_state accept;
	atomic_int busy;
};

struct sock_connection {
	struct slapd_sock_server *server;
	int fd;
};

static enum sock_result sock_handle_bind(
    const struct slapd_sock_backends *backends, int fd)
{
	struct arena *a = arena_open();
	char *buffer = arena_alloc(a, SLAPD_SOCK_MAX_REQUEST);
	size_t length = sock_receive(fd, buffer, SLAPD_SOCK_MAX_REQUEST);
	struct config *cfg = config_current();
	enum sock_result result = SOCK_RESULT_INVALID_CREDENTIALS;
	struct sock_bind_request s;

	if (!cfg)
		result = SOCK_RESULT_UNAVAILABLE;
	else if (sock_parse(a, buffer, length, &s, NULL))
		result = bind_auth_verify(backends, cfg, a, &s);
	config_unref(cfg);
	arena_close(a);
	return result;
}

static void sock_connection_close(struct sock_connection *c)
{
	(void)close(c->fd);
	c->server->busy--;
	free(c);
}

static void sock_connection_serve(void *thing)
{
	struct sock_connection *c = thing;

	log_request_new();
	sock_send_result(c->fd, sock_handle_bind(c->server->backends, c->fd));
	sock_connection_close(c);
}

/* Sends the default deny first, before anything can fail. */
static void sock_accept_one(struct slapd_sock_server *s)
{
	int fd = accept_client(s->listen_fd, &s->accept);

	if (fd < 0)
		return;
	bool sent = sock_send_default_deny(fd);
	struct sock_connection *c = malloc(sizeof(*c));

	if (!c)
		abort();
	*c = (struct sock_connection){ s, fd };
	bool is_free = s->busy++ < SLAPD_SOCK_SLOTS;

	if (sent && is_free &&
	    thread_pool_submit(s->work, sock_connection_serve, c))
		return;
	sock_send_result(fd, SOCK_RESULT_BUSY);
	sock_connection_close(c);
}

static void *sock_accept_loop(void *data)
{
	struct slapd_sock_server *s = data;
	struct pollfd fds[] = {
		{ .fd = s->listen_fd, .events = POLLIN },
		{ .fd = s->stop_fd, .events = POLLIN },
	};

	for (;;) {
		fds[0].revents = fds[1].revents = 0;
		int ready = poll(fds, LENGTH(fds), IDLE_TRIM_INTERVAL_MS);

		if (ready < 0 && errno != EINTR)
			abort();
		if (ready == 0)
			daemon_trim_heap();
		if (fds[1].revents)
			return NULL;
		if (fds[0].revents)
			sock_accept_one(s);
	}
}

bool slapd_sock_serve(int listen_fd, const struct slapd_sock_backends *backends,
                      struct slapd_sock_server **ret, struct error *err)
{
	struct slapd_sock_server *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	s->listen_fd = listen_fd;
	s->stop_fd = eventfd(0, EFD_CLOEXEC);
	s->backends = backends;
	s->work = thread_pool_open(SLAPD_SOCK_SLOTS, SLAPD_SOCK_SLOTS);
	if (s->stop_fd < 0 ||
	    pthread_create(&s->thread, NULL, sock_accept_loop, s) != 0) {
		thread_pool_close(s->work);
		free(s);
		return error_set(err, ERROR_UNAVAILABLE,
		                 "cannot start a thread");
	}
	*ret = s;
	return true;
}

void slapd_sock_stop(struct slapd_sock_server *s)
{
	(void)eventfd_write(s->stop_fd, 1);
	(void)pthread_join(s->thread, NULL);
	thread_pool_close(s->work);
	(void)close(s->stop_fd);
	free(s);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * accept_loop.c: one thread, which waits for a connection or for the end, and
 * at the limit for a connection that closes. */
#include "idp/http/accept_loop.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/process/accept.h"
#include "lib/thread/timed_wait.h"

/* Then the connections are counted again: one that could not be started may
 * have been closed without a notice. */
enum { RECOUNT_MS = 1000 };

struct accept_loop {
	struct accept_loop_callbacks callbacks;
	struct accept_state accepting;
	pthread_t thread;
	int listen_fd, stop_fd;
	unsigned max;
	pthread_mutex_t lock; /* of the two below */
	pthread_cond_t closed;
	unsigned count;
	bool stopping;
};

/* Returns whether one more may be accepted; false: it is the end. */
static bool accept_loop_wait_for_room(struct accept_loop *l)
{
	bool go_on;

	(void)pthread_mutex_lock(&l->lock);
	while (!l->stopping && l->count >= l->max) {
		const struct timespec end = timed_wait_end(RECOUNT_MS);

		if (pthread_cond_timedwait(&l->closed, &l->lock, &end) ==
		    ETIMEDOUT)
			l->count = l->callbacks.count(l->callbacks.data);
	}
	go_on = !l->stopping;
	(void)pthread_mutex_unlock(&l->lock);
	return go_on;
}

static void accept_loop_add(struct accept_loop *l, int fd)
{
	(void)pthread_mutex_lock(&l->lock);
	l->count++;
	(void)pthread_mutex_unlock(&l->lock);
	if (!l->callbacks.add(l->callbacks.data, fd))
		accept_loop_closed(l);
}

static void *accept_loop_run(void *data)
{
	struct accept_loop *l = data;
	struct pollfd ready[] = {
		{ .fd = l->listen_fd, .events = POLLIN },
		{ .fd = l->stop_fd, .events = POLLIN },
	};

	while (accept_loop_wait_for_room(l)) {
		if (poll(ready, 2, -1) < 0 || !(ready[0].revents & POLLIN))
			continue;
		int fd = accept_client(l->listen_fd, &l->accepting);

		if (fd >= 0)
			accept_loop_add(l, fd);
	}
	return NULL;
}

static bool accept_loop_error(struct error *err)
{
	return error_set(err, ERROR_UNAVAILABLE,
	                 "cannot start to accept connections");
}

bool accept_loop_open(int listen_fd, unsigned max,
                      const struct accept_loop_callbacks *callbacks,
                      struct accept_loop **ret_loop, struct error *err)
{
	struct accept_loop *l = calloc(1, sizeof(*l));
	int flags = fcntl(listen_fd, F_GETFL);

	if (!l)
		abort();
	l->callbacks = *callbacks;
	l->listen_fd = listen_fd;
	l->max = max;
	l->stop_fd = eventfd(0, EFD_CLOEXEC);
	(void)pthread_mutex_init(&l->lock, NULL);
	timed_wait_init(&l->closed);
	if (l->stop_fd < 0 || flags < 0 ||
	    fcntl(listen_fd, F_SETFL, flags | O_NONBLOCK) != 0) {
		accept_loop_close(l);
		return accept_loop_error(err);
	}
	*ret_loop = l;
	return true;
}

bool accept_loop_start(struct accept_loop *l, struct error *err)
{
	return pthread_create(&l->thread, NULL, accept_loop_run, l) == 0 ||
	       accept_loop_error(err);
}

void accept_loop_closed(struct accept_loop *l)
{
	(void)pthread_mutex_lock(&l->lock);
	if (l->count > 0)
		l->count--;
	(void)pthread_cond_signal(&l->closed);
	(void)pthread_mutex_unlock(&l->lock);
}

void accept_loop_stop(struct accept_loop *l)
{
	(void)pthread_mutex_lock(&l->lock);
	l->stopping = true;
	(void)pthread_cond_signal(&l->closed);
	(void)pthread_mutex_unlock(&l->lock);
	(void)eventfd_write(l->stop_fd, 1);
	(void)pthread_join(l->thread, NULL);
}

void accept_loop_close(struct accept_loop *l)
{
	if (l->stop_fd >= 0)
		(void)close(l->stop_fd);
	(void)pthread_cond_destroy(&l->closed);
	(void)pthread_mutex_destroy(&l->lock);
	free(l);
}

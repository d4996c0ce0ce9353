/* SPDX-License-Identifier: AGPL-3.0-or-later
 * request_deadline.c: shuts down connections whose request is not complete in
 * time.  The connection's own thread, in libmicrohttpd, then sees the end. */
#include "idp/http/request_deadline.h"

#include <errno.h>
#include <pthread.h>
#include <sys/socket.h>

#include "lib/arena.h"
#include "lib/clock.h"
#include "lib/thread/timed_wait.h"

enum { SWEEP_INTERVAL_MS = 100 };

struct request_deadline {
	struct request_deadlines *all;
	int fd;        /* -1: a free place */
	int64_t at_ms; /* 0: none */
};

/* The lock protects the places and closing. */
struct request_deadlines {
	struct arena *arena; /* owns this struct */
	struct request_deadline *places;
	size_t count;
	pthread_t sweeper;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool closing;
};

static void sweep(struct request_deadlines *all)
{
	int64_t now = clock_monotonic_ms();

	for (size_t i = 0; i < all->count; i++) {
		struct request_deadline *d = &all->places[i];

		if (d->fd < 0 || d->at_ms == 0 || d->at_ms > now)
			continue;
		(void)shutdown(d->fd, SHUT_RDWR);
		d->at_ms = 0;
	}
}

static void *sweep_all(void *data)
{
	struct request_deadlines *all = data;

	(void)pthread_mutex_lock(&all->lock);
	while (!all->closing) {
		struct timespec at = timed_wait_end(SWEEP_INTERVAL_MS);

		(void)pthread_cond_timedwait(&all->changed, &all->lock, &at);
		sweep(all);
	}
	(void)pthread_mutex_unlock(&all->lock);
	return NULL;
}

bool request_deadlines_open(size_t max, struct request_deadlines **ret,
                            struct error *err)
{
	struct arena *a = arena_open();
	struct request_deadlines *all = arena_new(a, struct request_deadlines);

	all->arena = a;
	all->count = max;
	all->places = arena_array(a, struct request_deadline, max);
	for (size_t i = 0; i < max; i++)
		all->places[i] =
		    (struct request_deadline){ .all = all, .fd = -1 };
	(void)pthread_mutex_init(&all->lock, NULL);
	timed_wait_init(&all->changed);
	if (pthread_create(&all->sweeper, NULL, sweep_all, all) != 0) {
		arena_close(a);
		return error_set(err, ERROR_UNAVAILABLE,
		                 "cannot start a thread");
	}
	*ret = all;
	return true;
}

void request_deadlines_close(struct request_deadlines *all)
{
	(void)pthread_mutex_lock(&all->lock);
	all->closing = true;
	(void)pthread_cond_signal(&all->changed);
	(void)pthread_mutex_unlock(&all->lock);
	(void)pthread_join(all->sweeper, NULL);
	(void)pthread_cond_destroy(&all->changed);
	(void)pthread_mutex_destroy(&all->lock);
	arena_close(all->arena);
}

struct request_deadline *request_deadline_add(struct request_deadlines *all,
                                              int fd, int ms)
{
	struct request_deadline *found = NULL;

	(void)pthread_mutex_lock(&all->lock);
	for (size_t i = 0; i < all->count && !found; i++)
		if (all->places[i].fd < 0)
			found = &all->places[i];
	if (found) {
		found->fd = fd;
		found->at_ms = clock_monotonic_ms() + ms;
	}
	(void)pthread_mutex_unlock(&all->lock);
	return found;
}

void request_deadline_set(struct request_deadline *d, int ms)
{
	if (!d)
		return;
	(void)pthread_mutex_lock(&d->all->lock);
	d->at_ms = ms ? clock_monotonic_ms() + ms : 0;
	(void)pthread_mutex_unlock(&d->all->lock);
}

void request_deadline_remove(struct request_deadline *d)
{
	if (!d)
		return;
	(void)pthread_mutex_lock(&d->all->lock);
	d->fd = -1;
	(void)pthread_mutex_unlock(&d->all->lock);
}

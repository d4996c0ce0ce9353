/* SPDX-License-Identifier: AGPL-3.0-or-later
 * thread_pool.c: a bounded queue and its worker threads. */
#include "lib/work.h"

#include <pthread.h>

#include "lib/arena.h"

struct job {
	void (*do_it)(void *);
	void *thing;
};

/* The lock protects all fields below it and the contents of the arrays. */
struct work {
	struct arena *arena; /* owns this struct */
	size_t most_waiting;
	unsigned most_threads;
	struct job *ring;
	pthread_t *threads;

	pthread_mutex_t lock;
	pthread_cond_t changed;
	size_t first, waiting;
	unsigned started, idle;
	bool closing;
};

struct work *work_open(size_t most_waiting, unsigned most_threads)
{
	struct arena *a = arena_open();
	struct work *w = arena_new(a, struct work);

	w->arena = a;
	w->most_waiting = most_waiting;
	w->most_threads = most_threads;
	w->ring = arena_array(a, struct job, most_waiting);
	w->threads = arena_array(a, pthread_t, most_threads);
	(void)pthread_mutex_init(&w->lock, NULL);
	(void)pthread_cond_init(&w->changed, NULL);
	return w;
}

/* Returns false when the queue is empty and closing. Needs the lock, which is
 * released while waiting. */
static bool take(struct work *w, struct job *ret_job)
{
	w->idle++;
	while (w->waiting == 0 && !w->closing)
		(void)pthread_cond_wait(&w->changed, &w->lock);
	w->idle--;
	if (w->waiting == 0)
		return false;
	*ret_job = w->ring[w->first];
	w->first = (w->first + 1) % w->most_waiting;
	w->waiting--;
	return true;
}

static void *run(void *given)
{
	struct work *w = given;
	struct job job;

	(void)pthread_mutex_lock(&w->lock);
	while (take(w, &job)) {
		(void)pthread_mutex_unlock(&w->lock);
		job.do_it(job.thing);
		(void)pthread_mutex_lock(&w->lock);
	}
	(void)pthread_mutex_unlock(&w->lock);
	return NULL;
}

/* Needs the lock. Returns false if there is no thread at all, so that the job
 * would never run. */
static bool has_hands(struct work *w)
{
	if (w->idle > w->waiting || w->started == w->most_threads)
		return true;
	if (pthread_create(&w->threads[w->started], NULL, run, w) == 0)
		w->started++;
	return w->started > 0;
}

/* Needs the lock. */
static bool put(struct work *w, struct job job)
{
	if (w->closing || w->waiting == w->most_waiting || !has_hands(w))
		return false;
	w->ring[(w->first + w->waiting) % w->most_waiting] = job;
	w->waiting++;
	(void)pthread_cond_signal(&w->changed);
	return true;
}

bool work_add(struct work *w, void (*do_it)(void *thing), void *thing)
{
	(void)pthread_mutex_lock(&w->lock);
	bool taken = put(w, (struct job){ do_it, thing });
	(void)pthread_mutex_unlock(&w->lock);
	return taken;
}

size_t work_waiting(struct work *w)
{
	(void)pthread_mutex_lock(&w->lock);
	size_t waiting = w->waiting;
	(void)pthread_mutex_unlock(&w->lock);
	return waiting;
}

void work_close(struct work *w)
{
	if (!w)
		return;
	(void)pthread_mutex_lock(&w->lock);
	w->closing = true;
	(void)pthread_cond_broadcast(&w->changed);
	unsigned started = w->started;
	(void)pthread_mutex_unlock(&w->lock);
	for (unsigned i = 0; i < started; i++)
		(void)pthread_join(w->threads[i], NULL);
	(void)pthread_cond_destroy(&w->changed);
	(void)pthread_mutex_destroy(&w->lock);
	arena_close(w->arena);
}

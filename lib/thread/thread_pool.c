/* SPDX-License-Identifier: AGPL-3.0-or-later
 * thread_pool.c: a bounded queue and its worker threads. */
#include "lib/thread/thread_pool.h"

#include <pthread.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/log.h"

struct thread_pool_job {
	void (*run)(void *);
	void *data;
	char request[LOG_REQUEST_DIGITS + 1]; /* "": none */
};

/* The lock protects all fields below it and the contents of the arrays. */
struct thread_pool {
	struct arena *arena; /* owns this struct */
	size_t max_queued;
	unsigned max_threads;
	struct thread_pool_job *ring;
	pthread_t *threads;

	pthread_mutex_t lock;
	pthread_cond_t changed;
	size_t first, queued;
	unsigned thread_count, idle_count;
	bool closing;
};

struct thread_pool *thread_pool_open(size_t max_queued, unsigned max_threads)
{
	struct arena *a = arena_open();
	struct thread_pool *pool = arena_new(a, struct thread_pool);

	pool->arena = a;
	pool->max_queued = max_queued;
	pool->max_threads = max_threads;
	pool->ring = arena_array(a, struct thread_pool_job, max_queued);
	pool->threads = arena_array(a, pthread_t, max_threads);
	(void)pthread_mutex_init(&pool->lock, NULL);
	(void)pthread_cond_init(&pool->changed, NULL);
	return pool;
}

/* Returns false when the queue is empty and closing. Needs the lock, which is
 * released while waiting. */
static bool thread_pool_take(struct thread_pool *pool,
                             struct thread_pool_job *ret_job)
{
	pool->idle_count++;
	while (pool->queued == 0 && !pool->closing)
		(void)pthread_cond_wait(&pool->changed, &pool->lock);
	pool->idle_count--;
	if (pool->queued == 0)
		return false;
	*ret_job = pool->ring[pool->first];
	pool->first = (pool->first + 1) % pool->max_queued;
	pool->queued--;
	return true;
}

static void *thread_pool_worker(void *data)
{
	struct thread_pool *pool = data;
	struct thread_pool_job job;

	(void)pthread_mutex_lock(&pool->lock);
	while (thread_pool_take(pool, &job)) {
		(void)pthread_mutex_unlock(&pool->lock);
		log_request_set(job.request);
		job.run(job.data);
		log_request_clear();
		(void)pthread_mutex_lock(&pool->lock);
	}
	(void)pthread_mutex_unlock(&pool->lock);
	return NULL;
}

/* Needs the lock. Returns false if there is no thread at all, so that the job
 * would never run. */
static bool thread_pool_has_worker(struct thread_pool *pool)
{
	if (pool->idle_count > pool->queued ||
	    pool->thread_count == pool->max_threads)
		return true;
	if (pthread_create(&pool->threads[pool->thread_count], NULL,
	                   thread_pool_worker, pool) == 0)
		pool->thread_count++;
	return pool->thread_count > 0;
}

/* Needs the lock. */
static bool thread_pool_enqueue(struct thread_pool *pool,
                                struct thread_pool_job job)
{
	if (pool->closing || pool->queued == pool->max_queued ||
	    !thread_pool_has_worker(pool))
		return false;
	pool->ring[(pool->first + pool->queued) % pool->max_queued] = job;
	pool->queued++;
	(void)pthread_cond_signal(&pool->changed);
	return true;
}

bool thread_pool_submit(struct thread_pool *pool, void (*run)(void *data),
                        void *data)
{
	struct thread_pool_job job = { .run = run, .data = data };

	if (log_request_get())
		(void)memcpy(job.request, log_request_get(),
		             sizeof(job.request));
	(void)pthread_mutex_lock(&pool->lock);
	bool accepted = thread_pool_enqueue(pool, job);
	(void)pthread_mutex_unlock(&pool->lock);
	return accepted;
}

size_t thread_pool_queued(struct thread_pool *pool)
{
	(void)pthread_mutex_lock(&pool->lock);
	size_t queued = pool->queued;
	(void)pthread_mutex_unlock(&pool->lock);
	return queued;
}

void thread_pool_close(struct thread_pool *pool)
{
	if (!pool)
		return;
	(void)pthread_mutex_lock(&pool->lock);
	pool->closing = true;
	(void)pthread_cond_broadcast(&pool->changed);
	unsigned thread_count = pool->thread_count;
	(void)pthread_mutex_unlock(&pool->lock);
	for (unsigned i = 0; i < thread_count; i++)
		(void)pthread_join(pool->threads[i], NULL);
	(void)pthread_cond_destroy(&pool->changed);
	(void)pthread_mutex_destroy(&pool->lock);
	arena_close(pool->arena);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * thread_pool.h: a bounded queue and its worker threads, for jobs that the
 * caller need not wait for, such as back-channel logout requests. */
#ifndef LIB_THREAD_THREAD_POOL_H
#define LIB_THREAD_THREAD_POOL_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/compiler.h"

struct thread_pool;

/* Returns a pool of at most max_threads threads, which start on demand, and at
 * most max_queued waiting jobs.  The caller closes it.  Never returns NULL. */
struct thread_pool *thread_pool_open(size_t max_queued, unsigned max_threads);

/* Queues run(data) for another thread, which has the caller's request id
 * (log.h) meanwhile. Returns false at once if the queue is full, the pool is
 * closing or no thread can be started; the caller then still owns data. */
bool thread_pool_submit(struct thread_pool *pool, void (*run)(void *data),
                        void *data) must_check;

/* Returns the number of waiting jobs. */
size_t thread_pool_queued(struct thread_pool *pool);

/* Accepts no more jobs, runs the queued ones, returns when all are done, and
 * frees the pool. NULL is allowed. */
void thread_pool_close(struct thread_pool *pool);

#endif

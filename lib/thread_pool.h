/* SPDX-License-Identifier: AGPL-3.0-or-later
 * thread_pool.h: a bounded queue and its worker threads, for jobs that the
 * caller need not wait for, such as back-channel logout requests. */
#ifndef LIB_THREAD_POOL_H
#define LIB_THREAD_POOL_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/compiler.h"

struct thread_pool;

/* Returns a pool with limits on queued jobs and threads; threads start on
 * demand. */
struct thread_pool *thread_pool_open(size_t max_queued, unsigned max_threads);

/* Queues run(data) for another thread, which takes over the caller's request id
 * (log.h). Returns false at once if the queue is
 * full; the caller then still owns data. */
bool thread_pool_submit(struct thread_pool *w, void (*run)(void *thing),
                        void *data) must_check;

size_t thread_pool_queued(struct thread_pool *w);

/* Accepts no more jobs, runs the queued ones, and returns when all are done. */
void thread_pool_close(struct thread_pool *w);

#endif

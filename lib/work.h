/* SPDX-License-Identifier: AGPL-3.0-or-later
 * thread_pool.h: a bounded queue and its worker threads, for jobs that the
 * caller need not wait for, such as back-channel logout requests. */
#ifndef LIB_WORK_H
#define LIB_WORK_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/attr.h"

struct work;

/* Returns a pool with limits on queued jobs and threads; threads start on
 * demand. */
struct work *work_open(size_t most_waiting, unsigned most_threads);

/* Queues run(data) for another thread. Returns false at once if the queue is
 * full; the caller then still owns data. */
bool work_add(struct work *w, void (*do_it)(void *thing),
              void *thing) must_check;

size_t work_waiting(struct work *w);

/* Accepts no more jobs, runs the queued ones, and returns when all are done. */
void work_close(struct work *w);

#endif

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * work.h: a bounded queue and its threads, for what need not be waited for,
 * such as telling services that somebody left. */
#ifndef LIB_WORK_H
#define LIB_WORK_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/attr.h"

struct work;

/* At most so many things waiting, and so many threads, started when there is
 * something to do. */
struct work *work_open(size_t most_waiting, unsigned most_threads);

/* do_it(thing) will be called once, in another thread; false, at once, when
 * the queue is full: then thing is still the caller's. */
bool work_add(struct work *w, void (*do_it)(void *thing),
              void *thing) must_check;

size_t work_waiting(struct work *w);

/* Takes nothing more, does what is waiting, and returns when all is done. */
void work_close(struct work *w);

#endif

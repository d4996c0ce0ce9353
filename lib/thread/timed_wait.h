/* SPDX-License-Identifier: AGPL-3.0-or-later
 * timed_wait.h: condition variables whose timed waits follow the monotonic
 * clock: a change of the system's time neither ends nor prolongs them. */
#ifndef LIB_THREAD_TIMED_WAIT_H
#define LIB_THREAD_TIMED_WAIT_H

#include <pthread.h>
#include <stdint.h>
#include <time.h>

/* Initialises cond, for pthread_cond_timedwait() with the times below. */
void timed_wait_init(pthread_cond_t *cond);

/* Returns the time ms from now; and that of a value of clock_monotonic_ms(). */
struct timespec timed_wait_end(int ms);
struct timespec timed_wait_at(int64_t monotonic_ms);

#endif

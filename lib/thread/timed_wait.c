/* SPDX-License-Identifier: AGPL-3.0-or-later
 * timed_wait.c: condition variables on the monotonic clock. */
#include "lib/thread/timed_wait.h"

#include "lib/clock.h"

void timed_wait_init(pthread_cond_t *cond)
{
	pthread_condattr_t monotonic;

	(void)pthread_condattr_init(&monotonic);
	(void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	(void)pthread_cond_init(cond, &monotonic);
	(void)pthread_condattr_destroy(&monotonic);
}

struct timespec timed_wait_at(int64_t monotonic_ms)
{
	return (struct timespec){ monotonic_ms / 1000,
		                  monotonic_ms % 1000 * 1000000L };
}

struct timespec timed_wait_end(int ms)
{
	return timed_wait_at(clock_monotonic_ms() + ms);
}

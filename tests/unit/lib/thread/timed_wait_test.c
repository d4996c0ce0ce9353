/* SPDX-License-Identifier: AGPL-3.0-or-later
 * timed_wait_test.c: waits on the monotonic clock. */
#include "tests/unit/test.h"

#include <errno.h>

#include "lib/clock.h"
#include "lib/thread/timed_wait.h"

static void a_wait_ends_after_its_time(void **state)
{
	pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	pthread_cond_t cond;
	int64_t began = clock_monotonic_ms();
	struct timespec end = timed_wait_end(80);
	int rc = 0;

	(void)state;
	timed_wait_init(&cond);
	(void)pthread_mutex_lock(&lock);
	while (rc == 0)
		rc = pthread_cond_timedwait(&cond, &lock, &end);
	(void)pthread_mutex_unlock(&lock);
	assert_int_equal(rc, ETIMEDOUT);
	assert_in_range(clock_monotonic_ms() - began, 79, 5000);
	(void)pthread_cond_destroy(&cond);
}

static void a_time_of_the_monotonic_clock_is_converted(void **state)
{
	struct timespec at = timed_wait_at(12345);

	(void)state;
	assert_int_equal(at.tv_sec, 12);
	assert_int_equal(at.tv_nsec, 345 * 1000 * 1000);
}

TESTS(a_wait_ends_after_its_time, a_time_of_the_monotonic_clock_is_converted)

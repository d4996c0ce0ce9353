/* SPDX-License-Identifier: AGPL-3.0-or-later
 * Tests of response_mark.c: the marks, and the bound of those that wait. */
#include "tests/unit/test.h"

#include <pthread.h>
#include <stdatomic.h>

#include "idp/login/response_mark.h"
#include "lib/clock.h"

static void a_mark_is_after_now_and_a_multiple_from_the_start(void **state)
{
	(void)state;
	assert_int_equal(response_mark_after(1000, 1000), 1250);
	assert_int_equal(response_mark_after(1000, 1019), 1250);
	assert_int_equal(response_mark_after(1000, 1249), 1250);
	assert_int_equal(response_mark_after(1000, 1250), 1500);
	assert_int_equal(response_mark_after(1000, 3900), 4000);
}

static void a_response_waits_for_its_mark(void **state)
{
	const int64_t started = clock_monotonic_ms();

	(void)state;
	response_mark_wait(started);
	assert_true(clock_monotonic_ms() >= started + RESPONSE_MARK_MS);
}

static atomic_int begun;

static void *wait_for_a_mark(void *data)
{
	atomic_fetch_add(&begun, 1);
	response_mark_wait(*(const int64_t *)data);
	return NULL;
}

/* Returns whether one more returns before its mark while as many as permitted
 * wait.  A busy machine may take longer than the mark to start them. */
static bool one_more_does_not_wait(void)
{
	pthread_t threads[RESPONSE_MARK_WAITING_MAX];
	const struct timespec pause = { 0, 1000 * 1000 };
	int64_t started = clock_monotonic_ms() + RESPONSE_MARK_MS - 1;

	atomic_store(&begun, 0);
	for (size_t i = 0; i < LENGTH(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL,
		                                wait_for_a_mark, &started),
		                 0);
	while (atomic_load(&begun) < RESPONSE_MARK_WAITING_MAX)
		(void)nanosleep(&pause, NULL);
	(void)nanosleep(&pause, NULL);
	response_mark_wait(started);
	bool early = clock_monotonic_ms() < started + RESPONSE_MARK_MS;

	for (size_t i = 0; i < LENGTH(threads); i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	return early;
}

static void beyond_the_bound_none_waits(void **state)
{
	bool seen = false;

	(void)state;
	for (int i = 0; i < 20 && !seen; i++)
		seen = one_more_does_not_wait();
	assert_true(seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_mark_is_after_now_and_a_multiple_from_the_start),
		cmocka_unit_test(a_response_waits_for_its_mark),
		cmocka_unit_test(beyond_the_bound_none_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "lib/log.h"
#include "lib/thread/thread_pool.h"

static atomic_int done;
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void count(void *thing)
{
	(void)thing;
	atomic_fetch_add(&done, 1);
}

static void wait_at_gate(void *thing)
{
	(void)pthread_mutex_lock(&gate);
	(void)pthread_mutex_unlock(&gate);
	count(thing);
}

static void close_returns_when_all_jobs_are_done(void **state)
{
	struct thread_pool *w = thread_pool_open(1000, 4);
	int taken = 0;

	(void)state;
	atomic_store(&done, 0);
	for (int i = 0; i < 1000; i++)
		taken += thread_pool_submit(w, count, NULL);
	thread_pool_close(w);
	assert_int_equal(taken, 1000);
	assert_int_equal(atomic_load(&done), taken);
}

static void a_full_queue_rejects_at_once(void **state)
{
	struct thread_pool *w = thread_pool_open(3, 2);
	int taken = 0;

	(void)state;
	atomic_store(&done, 0);
	(void)pthread_mutex_lock(&gate);
	for (int i = 0; i < 100; i++)
		taken += thread_pool_submit(w, wait_at_gate, NULL);
	/* Three wait; the two threads may have taken none or two by now. */
	assert_in_range(taken, 3, 5);
	assert_in_range(thread_pool_queued(w), 1, 3);
	(void)pthread_mutex_unlock(&gate);
	thread_pool_close(w);
	assert_int_equal(atomic_load(&done), taken);
}

static void an_empty_pool_has_no_threads(void **state)
{
	(void)state;
	thread_pool_close(thread_pool_open(10, 4));
	thread_pool_close(NULL);
}

static char job_request[LOG_REQUEST_DIGITS + 1];

static void keep_request(void *thing)
{
	const char *id = log_request_get();

	(void)thing;
	(void)snprintf(job_request, sizeof(job_request), "%s", id ? id : "");
}

static void a_job_has_the_request_id_of_its_cause(void **state)
{
	struct thread_pool *w = thread_pool_open(10, 1);

	(void)state;
	log_request_set("0123456789abcdef");
	assert_true(thread_pool_submit(w, keep_request, NULL));
	thread_pool_close(w);
	assert_string_equal(job_request, "0123456789abcdef");
	log_request_clear();
	w = thread_pool_open(10, 1);
	assert_true(thread_pool_submit(w, keep_request, NULL));
	thread_pool_close(w);
	assert_string_equal(job_request, "");
}

TESTS(close_returns_when_all_jobs_are_done, a_full_queue_rejects_at_once,
      an_empty_pool_has_no_threads, a_job_has_the_request_id_of_its_cause)

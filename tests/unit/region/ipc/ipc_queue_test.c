/* SPDX-License-Identifier: AGPL-3.0-or-later
 * Tests of ipc_queue.c with a thread for each call that waits. */
#include "tests/unit/test.h"

#include <unistd.h>

#include "lib/clock.h"
#include "lib/strbuf.h"
#include "region/ipc/ipc_queue.h"

enum { CALLS = 80, LONG_MS = 20 * 1000 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct ipc_queue queue;

struct queued_call {
	pthread_t thread;
	const char *share;
	void *slot;
	int64_t took_ms;
	bool has_ended;
};

static struct queued_call calls[CALLS];
static size_t call_count;

static void *queued_call_run(void *data)
{
	struct queued_call *c = data;
	int64_t before = clock_monotonic_ms();

	ipc_share_set(c->share);
	(void)pthread_mutex_lock(&lock);
	c->slot = ipc_queue_wait(&queue, &lock);
	c->took_ms = clock_monotonic_ms() - before;
	c->has_ended = true;
	(void)pthread_mutex_unlock(&lock);
	return NULL;
}

static int queue_length(void)
{
	(void)pthread_mutex_lock(&lock);
	int count = queue.waiting;
	(void)pthread_mutex_unlock(&lock);
	return count;
}

static bool call_has_ended(const struct queued_call *c)
{
	(void)pthread_mutex_lock(&lock);
	bool ended = c->has_ended;
	(void)pthread_mutex_unlock(&lock);
	return ended;
}

/* Each call waits or has ended. */
static bool calls_are_settled(void)
{
	size_t settled = (size_t)queue_length();

	for (size_t i = 0; i < call_count; i++)
		settled += call_has_ended(&calls[i]);
	return settled == call_count;
}

/* A call of this share begins to wait, or is refused. */
static struct queued_call *call_add(const char *share)
{
	struct queued_call *c = &calls[call_count++];

	*c = (struct queued_call){ .share = share };
	assert_int_equal(pthread_create(&c->thread, NULL, queued_call_run, c),
	                 0);
	while (!calls_are_settled())
		(void)usleep(1000);
	return c;
}

static void queue_begin(int max, int stall_ms, int wait_ms)
{
	queue = (struct ipc_queue){ .max = max,
		                    .stall_ms = stall_ms,
		                    .wait_ms = wait_ms };
	call_count = 0;
}

static bool grant(size_t slot)
{
	(void)pthread_mutex_lock(&lock);
	bool granted = ipc_queue_grant(&queue, &calls[slot]);
	(void)pthread_mutex_unlock(&lock);
	return granted;
}

static void calls_join(void)
{
	for (size_t i = 0; i < call_count; i++)
		(void)pthread_join(calls[i].thread, NULL);
	assert_int_equal(queue.waiting, 0);
	assert_null(queue.first);
}

/* Grants slots until none waits, and returns the calls in that order. */
static char *order_of(struct arena *a)
{
	struct strbuf out = strbuf_init(a);
	size_t granted = 0;

	while (grant(granted))
		granted++;
	calls_join();
	for (size_t n = 0; n < granted; n++)
		for (size_t i = 0; i < call_count; i++)
			if (calls[i].slot == &calls[n])
				strbuf_appendf(&out, "%zu ", i);
	return out.data;
}

static void the_shares_take_turns(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	queue_begin(64, LONG_MS, LONG_MS);
	for (int i = 0; i < 4; i++)
		(void)call_add("192.0.2.1"); /* 0 to 3 */
	(void)call_add("192.0.2.2");         /* 4 */
	(void)call_add("192.0.2.3");         /* 5 */
	(void)call_add("192.0.2.3");         /* 6 */
	assert_string_equal(order_of(a), "0 4 5 1 6 2 3 ");
	arena_close(a);
}

static void calls_without_a_share_keep_their_order(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	queue_begin(64, LONG_MS, LONG_MS);
	(void)call_add("192.0.2.1"); /* 0 */
	(void)call_add("192.0.2.1"); /* 1 */
	(void)call_add(NULL);        /* 2 */
	(void)call_add(NULL);        /* 3 */
	assert_string_equal(order_of(a), "0 2 3 1 ");
	arena_close(a);
}

static void a_full_queue_of_one_address_has_room_for_another(void **state)
{
	(void)state;
	queue_begin(64, LONG_MS, LONG_MS);
	for (int i = 0; i < 64; i++)
		(void)call_add("192.0.2.1");
	struct queued_call *another = call_add("192.0.2.2");
	struct queued_call *named = call_add(NULL);

	/* The last two of the first address made room. */
	assert_true(call_has_ended(&calls[63]));
	assert_null(calls[63].slot);
	assert_true(call_has_ended(&calls[62]));
	assert_false(call_has_ended(&calls[61]));
	assert_true(grant(0));
	assert_true(grant(1));
	assert_true(grant(2));
	while (!call_has_ended(another) || !call_has_ended(named))
		(void)usleep(1000);
	assert_non_null(another->slot);
	assert_non_null(named->slot);
	while (grant(3))
		continue;
	calls_join();
}

static void a_full_queue_refuses_the_largest_share(void **state)
{
	(void)state;
	queue_begin(3, LONG_MS, LONG_MS);
	(void)call_add("192.0.2.1");
	(void)call_add("192.0.2.1");
	(void)call_add("192.0.2.2");
	struct queued_call *third = call_add("192.0.2.1");
	struct queued_call *even = call_add("192.0.2.2");

	assert_true(call_has_ended(third));
	assert_true(call_has_ended(even));
	assert_int_equal(queue_length(), 3);
	while (grant(0))
		continue;
	calls_join();
}

static void a_share_that_gives_up_leaves_its_turn_to_its_next(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	queue_begin(64, 300, 300);
	(void)call_add("192.0.2.1");
	(void)usleep(200 * 1000);
	(void)call_add("192.0.2.1");
	while (!call_has_ended(&calls[0]))
		(void)usleep(1000);
	assert_string_equal(order_of(a), "1 ");
	assert_null(calls[0].slot);
	arena_close(a);
}

static void a_call_waits_longer_while_others_succeed(void **state)
{
	(void)state;
	queue_begin(64, 300, 1000);
	struct queued_call *c = call_add(NULL);

	while (!call_has_ended(c)) {
		(void)pthread_mutex_lock(&lock);
		ipc_queue_progress(&queue);
		(void)pthread_mutex_unlock(&lock);
		(void)usleep(20 * 1000);
	}
	calls_join();
	assert_in_range(c->took_ms, 990, 3000);
	queue_begin(64, 300, 5000);
	c = call_add(NULL);
	calls_join();
	assert_in_range(c->took_ms, 290, 1500);
}

TESTS(the_shares_take_turns, calls_without_a_share_keep_their_order,
      a_full_queue_of_one_address_has_room_for_another,
      a_full_queue_refuses_the_largest_share,
      a_share_that_gives_up_leaves_its_turn_to_its_next,
      a_call_waits_longer_while_others_succeed)

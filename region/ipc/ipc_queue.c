/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ipc_queue.c: the list has the waiting calls in the order in which they get a
 * slot.  Of a share only its first call is in turn; the others are behind it,
 * and when it leaves, the next one goes to the end of the list. */
#include "region/ipc/ipc_queue.h"

#include <stdio.h>

#include "lib/clock.h"
#include "lib/strbuf.h"
#include "lib/thread/timed_wait.h"

enum { SHARE_LENGTH_MAX = 63 };

/* A call that waits; on the stack of its thread. */
struct ipc_waiter {
	pthread_cond_t changed;
	const char *share; /* of its thread; NULL: a share of its own */
	bool is_behind;    /* another call of its share is in turn */
	bool is_removed;   /* it made room */
	void *slot;        /* NULL: not yet */
	struct ipc_waiter *next;
};

static _Thread_local char thread_share[SHARE_LENGTH_MAX + 1];

void ipc_share_set(const char *share)
{
	(void)snprintf(thread_share, sizeof(thread_share), "%s",
	               share ? share : "");
}

static bool ipc_waiters_share(const struct ipc_waiter *w,
                              const struct ipc_waiter *other)
{
	return w == other || (w->share && text_equal(w->share, other->share));
}

/* Returns how many calls of w's share wait; *ret_last: the last of them. */
static int ipc_queue_share_size(const struct ipc_queue *q,
                                const struct ipc_waiter *w,
                                struct ipc_waiter **ret_last)
{
	int count = 0;

	*ret_last = NULL;
	for (struct ipc_waiter *at = q->first; at; at = at->next) {
		if (!ipc_waiters_share(w, at))
			continue;
		*ret_last = at;
		count++;
	}
	return count;
}

static void ipc_queue_append(struct ipc_queue *q, struct ipc_waiter *w)
{
	struct ipc_waiter **end = &q->first;

	while (*end)
		end = &(*end)->next;
	w->next = NULL;
	*end = w;
}

static void ipc_queue_unlink(struct ipc_queue *q, struct ipc_waiter *w)
{
	struct ipc_waiter **at = &q->first;

	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
}

/* Removes w; if it was in turn, the next call of its share is, behind all
 * others. */
static void ipc_queue_remove(struct ipc_queue *q, struct ipc_waiter *w)
{
	ipc_queue_unlink(q, w);
	q->waiting--;
	if (w->is_behind)
		return;
	for (struct ipc_waiter *at = q->first; at; at = at->next) {
		if (!ipc_waiters_share(w, at))
			continue;
		ipc_queue_unlink(q, at);
		at->is_behind = false;
		ipc_queue_append(q, at);
		return;
	}
}

/* Makes room for one call of w's share if another one has at least two more. */
static bool ipc_queue_make_room(struct ipc_queue *q, const struct ipc_waiter *w)
{
	struct ipc_waiter *last, *largest_last = NULL;
	int own = ipc_queue_share_size(q, w, &last);
	int largest = own + 1;

	if (q->waiting < q->max)
		return true;
	for (struct ipc_waiter *at = q->first; at; at = at->next) {
		int size = ipc_queue_share_size(q, at, &last);

		if (size > largest) {
			largest = size;
			largest_last = last;
		}
	}
	if (!largest_last)
		return false;
	ipc_queue_remove(q, largest_last);
	largest_last->is_removed = true;
	(void)pthread_cond_signal(&largest_last->changed);
	return true;
}

/* Returns until when w waits, which progress can change. */
static int64_t ipc_waiter_end(const struct ipc_queue *q, int64_t began)
{
	int64_t since = q->progress_ms > began ? q->progress_ms : began;
	int64_t stalled = since + q->stall_ms, limit = began + q->wait_ms;

	return stalled < limit ? stalled : limit;
}

void *ipc_queue_wait(struct ipc_queue *q, pthread_mutex_t *lock)
{
	struct ipc_waiter *last,
	    w = { .share = *thread_share ? thread_share : NULL };
	int64_t began = clock_monotonic_ms();

	if (q->max == 0 || !ipc_queue_make_room(q, &w))
		return NULL;
	w.is_behind = ipc_queue_share_size(q, &w, &last) > 0;
	timed_wait_init(&w.changed);
	ipc_queue_append(q, &w);
	q->waiting++;
	while (!w.slot && !w.is_removed &&
	       clock_monotonic_ms() < ipc_waiter_end(q, began)) {
		struct timespec end = timed_wait_at(ipc_waiter_end(q, began));

		(void)pthread_cond_timedwait(&w.changed, lock, &end);
	}
	if (!w.slot && !w.is_removed)
		ipc_queue_remove(q, &w);
	(void)pthread_cond_destroy(&w.changed);
	return w.slot;
}

bool ipc_queue_grant(struct ipc_queue *q, void *slot)
{
	struct ipc_waiter *w = q->first;

	while (w && w->is_behind)
		w = w->next;
	if (!w)
		return false;
	ipc_queue_remove(q, w);
	w->slot = slot;
	(void)pthread_cond_signal(&w->changed);
	return true;
}

void ipc_queue_progress(struct ipc_queue *q)
{
	q->progress_ms = clock_monotonic_ms();
}

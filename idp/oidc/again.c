/* SPDX-License-Identifier: AGPL-3.0-or-later
 * logout_retry.c: retries failed back-channel logout requests.  A separate
 * queue, so that unresponsive clients do not delay other logouts.  The retry
 * interval is constant, so the queue is ordered by due time. */
#include "idp/oidc/again.h"

#include <pthread.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/fetch.h"
#include "lib/log.h"
#include "lib/work.h"
#include "region/region.h"

enum { PAUSE_MS = 10 * 1000, TRIES = 6, POST_MS = 3000, WAITING = 500 };

struct thing {
	struct arena *arena;
	const char *service, *url, *form;
	int64_t due_ms;
	int tries;
};

static struct work *queue;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void open_queue(void)
{
	queue = work_open(WAITING, 2);
}

/* The URL is from the configuration; internal addresses are allowed. */
bool again_post(struct arena *a, const char *url, const char *form,
                int64_t milliseconds, struct fault *why)
{
	struct region *r = snapshot_current();
	const struct fetch f = {
		.url = url,
		.form = form,
		.ca_file = arena_copy(a, r->trust),
		.milliseconds = milliseconds,
		.inside = true,
		.plain = true,
	};
	struct fetched got;

	region_release(r);
	if (!fetch_do(a, &f, &got, why))
		return false;
	/* Back-Channel Logout 2.8 requires 200; some clients return 204. */
	return got.status == 200 || got.status == 204 ||
	       fault(why, FAULT_UNAVAILABLE, "it answered %ld", got.status);
}

static void give_up(struct thing *t, const char *why)
{
	log_warn("logout not told", "service", t->service, "why", why, NULL);
	arena_close(t->arena);
}

static void post_again(void *thing);

static void put_back(struct thing *t)
{
	t->due_ms = clock_monotonic_ms() + PAUSE_MS;
	if (!work_add(queue, post_again, t))
		give_up(t, "too many are waiting");
}

static void wait_until(int64_t due_ms)
{
	int64_t left = due_ms - clock_monotonic_ms();

	if (left > 0)
		(void)usleep((useconds_t)(left * 1000));
}

static void post_again(void *thing)
{
	struct thing *t = thing;
	struct arena *a = arena_open();
	struct fault why = { 0 };

	wait_until(t->due_ms);
	bool told = again_post(a, t->url, t->form, POST_MS, &why);

	arena_close(a);
	if (told) {
		log_info("logout told late", "service", t->service, NULL);
		arena_close(t->arena);
	} else if (++t->tries >= TRIES) {
		give_up(t, why.text);
	} else {
		put_back(t);
	}
}

void again_later(const char *service, const char *url, const char *form)
{
	struct arena *a = arena_open();
	struct thing *t = arena_new(a, struct thing);

	(void)pthread_once(&once, open_queue);
	*t = (struct thing){
		.arena = a,
		.service = arena_copy(a, service),
		.url = arena_copy(a, url),
		.form = arena_copy(a, form),
	};
	put_back(t);
}

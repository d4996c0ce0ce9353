/* SPDX-License-Identifier: AGPL-3.0-or-later
 * logout_retry.c: retries failed back-channel logout requests.  A separate
 * queue, so that unresponsive clients do not delay other logouts.  The retry
 * interval is constant, so the queue is ordered by due time. */
#include "idp/oidc/logout_retry.h"

#include <pthread.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/http_client.h"
#include "lib/log.h"
#include "lib/thread/thread_pool.h"
#include "region/config/config.h"

enum {
	RETRY_INTERVAL_MS = 10 * 1000,
	RETRY_ATTEMPTS_MAX = 6,
	RETRY_POST_TIMEOUT_MS = 3000,
	RETRY_QUEUE_MAX = 500
};

struct logout_retry {
	struct arena *arena;
	const char *service, *url, *form;
	int64_t due_ms;
	int attempts;
};

static struct thread_pool *retry_queue;
static pthread_once_t retry_queue_once = PTHREAD_ONCE_INIT;

static void logout_retry_open_queue(void)
{
	retry_queue = thread_pool_open(RETRY_QUEUE_MAX, 2);
}

bool backchannel_logout_post(struct arena *a, const char *url, const char *form,
                             int64_t timeout_ms, struct error *err)
{
	struct config *cfg = config_current();
	const struct http_client_request request = {
		.url = url,
		.form_body = form,
		.ca_file = arena_strdup(a, cfg->backchannel_ca_file),
		.timeout_ms = timeout_ms,
	};
	struct http_client_response response;

	config_unref(cfg);
	if (!http_client_send(a, &request, &response, err))
		return false;
	/* Back-Channel Logout 2.8 requires 200; some clients return 204. */
	return response.status == 200 || response.status == 204 ||
	       error_set(err, ERROR_UNAVAILABLE, "unexpected HTTP status %ld",
	                 response.status);
}

static void logout_retry_abandon(struct logout_retry *retry, const char *reason)
{
	log_event(LOG_LOGOUT_BACKCHANNEL_FAILED, "service", retry->service,
	          "error", reason, NULL);
	arena_close(retry->arena);
}

static void logout_retry_attempt(void *arg);

static void logout_retry_schedule(struct logout_retry *retry)
{
	retry->due_ms = clock_monotonic_ms() + RETRY_INTERVAL_MS;
	if (!thread_pool_submit(retry_queue, logout_retry_attempt, retry))
		logout_retry_abandon(retry, "retry queue is full");
}

static void logout_retry_wait_until(int64_t due_ms)
{
	int64_t remaining_ms = due_ms - clock_monotonic_ms();

	if (remaining_ms > 0)
		(void)usleep((useconds_t)(remaining_ms * 1000));
}

static void logout_retry_attempt(void *arg)
{
	struct logout_retry *retry = arg;
	struct arena *a = arena_open();
	struct error err = { 0 };

	logout_retry_wait_until(retry->due_ms);
	bool delivered = backchannel_logout_post(a, retry->url, retry->form,
	                                         RETRY_POST_TIMEOUT_MS, &err);

	arena_close(a);
	if (delivered) {
		log_event(LOG_LOGOUT_BACKCHANNEL_DELIVERED, "service",
		          retry->service, NULL);
		arena_close(retry->arena);
	} else if (++retry->attempts >= RETRY_ATTEMPTS_MAX) {
		logout_retry_abandon(retry, err.text);
	} else {
		logout_retry_schedule(retry);
	}
}

void logout_retry_enqueue(const char *service, const char *url,
                          const char *form)
{
	struct arena *a = arena_open();
	struct logout_retry *retry = arena_new(a, struct logout_retry);

	(void)pthread_once(&retry_queue_once, logout_retry_open_queue);
	*retry = (struct logout_retry){
		.arena = a,
		.service = arena_strdup(a, service),
		.url = arena_strdup(a, url),
		.form = arena_strdup(a, form),
	};
	logout_retry_schedule(retry);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * logout_dispatch.c: notifies all participants in parallel.  A job owns a copy
 * of its data, because the request thread waits at most one second for it. */
#include "idp/logout/logout_dispatch.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "lib/thread/thread_pool.h"
#include "lib/thread/timed_wait.h"

enum { WAIT_MS = 1000, TIMEOUT_MS = 1000 };

/* Shared by the waiting thread and the jobs; reference counted. */
struct dispatch_batch {
	pthread_mutex_t lock; /* guards all below */
	pthread_cond_t changed;
	struct arena *arena;
	struct logout_notification *notifications;
	size_t pending;
	size_t ref_count;
};

struct dispatch_job {
	struct arena *arena;
	struct dispatch_batch *batch;
	size_t index;
	struct request_context *ctx;
	const char *hex; /* of the session's key */
	struct session_participant participant;
	struct logout_notice notice;
};

static struct dispatch_batch *batch_open(size_t count)
{
	struct dispatch_batch *b = calloc(1, sizeof(*b));

	if (!b)
		abort();
	b->arena = arena_open();
	b->notifications =
	    arena_array(b->arena, struct logout_notification, count + 1);
	b->ref_count = 1;
	(void)pthread_mutex_init(&b->lock, NULL);
	timed_wait_init(&b->changed);
	return b;
}

/* Unlocks b and drops a reference; the last one frees it. */
static void batch_unlock_release(struct dispatch_batch *b)
{
	bool last = --b->ref_count == 0;

	(void)pthread_mutex_unlock(&b->lock);
	if (!last)
		return;
	arena_close(b->arena);
	(void)pthread_cond_destroy(&b->changed);
	(void)pthread_mutex_destroy(&b->lock);
	free(b);
}

static void dispatch_job_run(void *data)
{
	struct dispatch_job *job = data;
	struct dispatch_batch *b = job->batch;
	const char *redirect_url = NULL;
	enum logout_status status =
	    logout_deliver(job->ctx, job->hex, &job->notice, 0, &redirect_url);

	(void)pthread_mutex_lock(&b->lock);
	b->notifications[job->index].status = status;
	b->notifications[job->index].redirect_url =
	    arena_strdup(b->arena, redirect_url);
	b->pending--;
	(void)pthread_cond_signal(&b->changed);
	batch_unlock_release(b);
	arena_close(job->arena);
}

static struct session_participant participant_copy(
    struct arena *a, const struct session_participant *p)
{
	return (struct session_participant){
		.issuer = arena_strdup(a, p->issuer),
		.service = arena_strdup(a, p->service),
		.affiliation = arena_strdup(a, p->affiliation),
		.name_id = arena_strdup(a, p->name_id),
		.index = arena_strdup(a, p->index),
		.updated_at = p->updated_at,
	};
}

static struct dispatch_job *dispatch_job_create(
    const struct request_context *ctx, const struct ended_session *ended,
    const struct session_participant *p, const char *relay_state)
{
	struct arena *a = arena_open();
	struct dispatch_job *job = arena_new(a, struct dispatch_job);

	job->arena = a;
	job->hex = arena_strdup(a, ended->hex);
	job->participant = participant_copy(a, p);
	job->notice = (struct logout_notice){
		.sid = arena_strdup(a, ended->sid),
		.participant = &job->participant,
		.relay_state = arena_strdup(a, relay_state),
		.timeout_ms = TIMEOUT_MS,
	};
	job->ctx = background_context(a, ctx->cfg, ctx->backends);
	return job;
}

static void dispatch_job_submit(struct dispatch_batch *b, size_t index,
                                const struct request_context *ctx,
                                struct dispatch_job *job)
{
	job->batch = b;
	job->index = index;
	(void)pthread_mutex_lock(&b->lock);
	b->ref_count++;
	b->pending++;
	(void)pthread_mutex_unlock(&b->lock);
	if (thread_pool_submit(ctx->backends->logout_pool, dispatch_job_run,
	                       job))
		return;
	(void)pthread_mutex_lock(&b->lock);
	b->pending--;
	batch_unlock_release(b);
	arena_close(job->arena);
}

static void batch_wait(struct dispatch_batch *b)
{
	struct timespec end = timed_wait_end(WAIT_MS);

	while (b->pending > 0)
		if (pthread_cond_timedwait(&b->changed, &b->lock, &end) != 0)
			return;
}

/* Waits, and copies the results so far; drops the caller's reference. */
static void batch_collect(struct dispatch_batch *b, struct arena *a,
                          struct logout_notification *notifications,
                          size_t count)
{
	(void)pthread_mutex_lock(&b->lock);
	batch_wait(b);
	for (size_t i = 0; i < count; i++) {
		notifications[i].status = b->notifications[i].status;
		notifications[i].redirect_url =
		    arena_strdup(a, b->notifications[i].redirect_url);
	}
	batch_unlock_release(b);
}

/* Without a browser, only a service with a back channel can be notified. */
static bool participant_is_retried(const struct request_context *ctx,
                                   const struct ended_session *ended,
                                   const struct session_participant *p)
{
	const struct service *s = config_service(ctx->cfg, p->service);

	return s && s->oidc && ended->dropped == 0;
}

static size_t ended_participant_count(const struct ended_session *ended,
                                      size_t ended_count)
{
	size_t count = 0;

	for (size_t i = 0; i < ended_count; i++)
		count += ended[i].count;
	return count;
}

struct logout_notification *logout_notify_all(struct request_context *ctx,
                                              const struct ended_session *ended,
                                              size_t ended_count,
                                              const char *relay_state,
                                              size_t *ret_count)
{
	const size_t count = ended_participant_count(ended, ended_count);
	struct logout_notification *notifications =
	    arena_array(ctx->arena, struct logout_notification, count + 1);
	struct dispatch_batch *b = batch_open(count);
	size_t at = 0;

	for (size_t i = 0; i < ended_count; i++) {
		for (size_t k = 0; k < ended[i].count; k++, at++) {
			const struct session_participant *p =
			    &ended[i].participants[k];

			notifications[at].participant = *p;
			notifications[at].retried =
			    participant_is_retried(ctx, &ended[i], p);
			dispatch_job_submit(b, at, ctx,
			                    dispatch_job_create(ctx, &ended[i],
			                                        p,
			                                        relay_state));
		}
	}
	batch_collect(b, ctx->arena, notifications, count);
	*ret_count = count;
	return notifications;
}

json_t *logout_notification_results(
    struct arena *a, const struct logout_notification *notifications,
    size_t count)
{
	json_t *results = js_own(a, json_object());

	for (size_t i = 0; i < count; i++)
		js_set_string(results, notifications[i].participant.service,
		              logout_status_name(notifications[i].status));
	return results;
}

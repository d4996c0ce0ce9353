/* SPDX-License-Identifier: AGPL-3.0-or-later
 * logout_dispatch.c: notifies all participants in parallel.  A job owns a copy
 * of its data, because the request thread waits at most one second for it. */
#include "idp/session/logout_dispatch.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "lib/thread/thread_pool.h"
#include "lib/thread/timed_wait.h"

enum { WAIT_MS = 1000 };

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
	struct request_context ctx;
	struct session session;
	struct session_participant participant;
	const char *relay_state;
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

static void dispatch_job_close(struct dispatch_job *job)
{
	config_unref((struct config *)(uintptr_t)job->ctx.cfg);
	arena_close(job->arena);
}

static const struct protocol *dispatch_protocol(const struct dispatch_job *job)
{
	const struct service *s =
	    config_service(job->ctx.cfg, job->participant.service);

	if (!s)
		return NULL;
	return protocol_find(&job->ctx, s->oidc ? "oidc" : "saml");
}

static void dispatch_job_run(void *data)
{
	struct dispatch_job *job = data;
	struct dispatch_batch *b = job->batch;
	const struct protocol *protocol = dispatch_protocol(job);
	const char *redirect_url = NULL;
	enum logout_status status = LOGOUT_UNSUPPORTED;

	if (protocol && protocol->notify_logout)
		status = protocol->notify_logout(
		    &job->ctx, &job->session, &job->participant,
		    job->relay_state, &redirect_url);
	(void)pthread_mutex_lock(&b->lock);
	b->notifications[job->index].status = status;
	b->notifications[job->index].redirect_url =
	    arena_strdup(b->arena, redirect_url);
	b->pending--;
	(void)pthread_cond_signal(&b->changed);
	batch_unlock_release(b);
	dispatch_job_close(job);
}

static struct person *person_copy(struct arena *a, const struct person *p)
{
	own(release_json) json_t *value = person_to_json(p);
	struct person *copy = NULL;

	if (!person_from_json(a, value, &copy, NULL))
		abort();
	return copy;
}

static struct session session_copy(struct arena *a, const struct session *s)
{
	struct session copy = *s;

	copy.secret = NULL;
	copy.sid = arena_strdup(a, s->sid);
	copy.person = person_copy(a, s->person);
	copy.authenticated_by = arena_strdup(a, s->authenticated_by);
	copy.method = arena_strdup(a, s->method);
	copy.acr = arena_strdup(a, s->acr);
	copy.user_agent = NULL;
	copy.proofs = NULL;
	copy.proof_count = 0;
	return copy;
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
    const struct request_context *ctx, const struct session *s,
    const struct session_participant *p, const char *relay_state)
{
	struct arena *a = arena_open();
	struct dispatch_job *job = arena_new(a, struct dispatch_job);
	struct config *cfg = (struct config *)(uintptr_t)ctx->cfg;

	config_ref(cfg);
	job->arena = a;
	job->session = session_copy(a, s);
	job->participant = participant_copy(a, p);
	job->relay_state = arena_strdup(a, relay_state);
	job->ctx = (struct request_context){
		.arena = a,
		.cfg = cfg,
		.backends = ctx->backends,
		.issuer = config_issuer(cfg, job->participant.issuer),
		.language = "nb",
		.started_ms = ctx->started_ms,
	};
	return job;
}

static void dispatch_job_submit(struct dispatch_batch *b,
                                struct request_context *ctx,
                                const struct session *s,
                                const struct session_participant *p,
                                size_t index, const char *relay_state)
{
	struct dispatch_job *job = dispatch_job_create(ctx, s, p, relay_state);

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
	dispatch_job_close(job);
}

static void batch_wait(struct dispatch_batch *b)
{
	struct timespec end = timed_wait_end(WAIT_MS);

	while (b->pending > 0)
		if (pthread_cond_timedwait(&b->changed, &b->lock, &end) != 0)
			return;
}

struct logout_notification *logout_notify_all(
    struct request_context *ctx, const struct session *s,
    const struct session_participant *participants, size_t count,
    const char *relay_state)
{
	struct logout_notification *notifications =
	    arena_array(ctx->arena, struct logout_notification, count + 1);
	struct dispatch_batch *b = batch_open(count);

	for (size_t i = 0; i < count; i++)
		dispatch_job_submit(b, ctx, s, &participants[i], i,
		                    relay_state);
	(void)pthread_mutex_lock(&b->lock);
	batch_wait(b);
	for (size_t i = 0; i < count; i++) {
		notifications[i].participant = participants[i];
		notifications[i].status = b->notifications[i].status;
		notifications[i].redirect_url =
		    arena_strdup(ctx->arena, b->notifications[i].redirect_url);
	}
	batch_unlock_release(b);
	return notifications;
}

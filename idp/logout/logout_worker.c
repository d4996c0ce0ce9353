/* SPDX-License-Identifier: AGPL-3.0-or-later
 * logout_worker.c: takes what is due once a second.  An item is settled only
 * when it is done, so whatever happens to this process, another takes it. */
#include "idp/logout/logout_worker.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "idp/logout/logout_delivery.h"
#include "idp/logout/service_pause.h"
#include "idp/session/gone_sessions.h"
#include "idp/session/session_list.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/strbuf.h"
#include "lib/thread/thread_pool.h"
#include "lib/thread/timed_wait.h"

enum {
	INTERVAL_MS = 1000,
	BUSY_INTERVAL_MS = 100, /* where there was a whole batch */
	LEASE_S = 60,           /* longer than a batch takes */
	BATCH = 64,
	THREADS = 4,
	TIMEOUT_MS = 3000,
};

struct logout_worker {
	const struct web_backends *backends;
	struct service_pause *paused;
	struct thread_pool *pool;
	pthread_t thread;
	pthread_mutex_t lock; /* guards stop */
	pthread_cond_t changed;
	bool stop;
	/* Of the thread alone. */
	bool is_unavailable; /* the last round failed; logged once */
	bool is_busy;        /* it took a whole batch */
};

/* One item, on a thread of the pool. */
struct worker_job {
	struct arena *arena;
	struct logout_worker *worker;
	struct request_context *ctx;
	const char *item;
	struct store_logout_item parsed;
};

static void worker_remove(const struct worker_job *job)
{
	(void)!store_logout_remove(job->ctx->backends->store, job->ctx->cfg,
	                           job->item, NULL);
}

/* ---- a notification ----------------------------------------------------- */

static const struct session_participant *worker_find_participant(
    const struct worker_job *job, const struct ended_session *ended)
{
	for (size_t i = 0; i < ended->count; i++)
		if (text_equal(
			participant_field(job->arena, &ended->participants[i]),
			job->parsed.participant))
			return &ended->participants[i];
	return NULL;
}

/* A service that did not respond a moment ago waits like one that was tried. */
static void worker_deliver(const struct worker_job *job,
                           const struct ended_session *ended,
                           const struct session_participant *p)
{
	struct logout_worker *w = job->worker;
	const int64_t age_s = clock_now() - ended->ended_at;
	const struct logout_notice notice = { .sid = ended->sid,
		                              .participant = p,
		                              .timeout_ms = TIMEOUT_MS };
	const char *url = NULL;

	if (service_is_paused(w->paused, p->service, clock_monotonic_ms())) {
		logout_record_failed(job->ctx, ended->hex, p, age_s);
		return;
	}
	enum logout_status status =
	    logout_deliver(job->ctx, ended->hex, &notice, age_s, &url);

	service_pause_set(w->paused, p->service, status == LOGOUT_FAILED,
	                  clock_monotonic_ms());
	if (status == LOGOUT_DONE)
		log_event(LOG_LOGOUT_BACKCHANNEL_DELIVERED, "service",
		          p->service, "cause", ended->cause, NULL);
}

/* Without a record the session ended so long ago that the service has ended its
 * own. */
static void worker_notify(const struct worker_job *job)
{
	struct store_fields fields;
	struct ended_session ended;
	struct error err = { 0 };
	bool found;

	if (!session_past_read(job->ctx, job->parsed.hex, &fields, &ended,
	                       &found, &err))
		return;
	const struct session_participant *p =
	    found ? worker_find_participant(job, &ended) : NULL;

	if (p) {
		worker_deliver(job, &ended, p);
		return;
	}
	log_event(LOG_LOGOUT_BACKCHANNEL_FAILED, "service",
	          job->parsed.participant, "error", "no record of the session",
	          NULL);
	worker_remove(job);
}

/* ---- the sessions of a person who was revoked --------------------------- */

/* The marker of a session names its municipality: without it, the session had
 * ended before. */
static bool worker_end_session(struct request_context *ctx,
                               const struct store_session *session,
                               const char *cause, struct error *err)
{
	struct ended_session ended;

	if (!session_end_stored(ctx, session, cause, 0, &ended, err))
		return false;
	if (ended.municipality)
		(void)logout_audit(ctx, &ended, NULL, NULL);
	return true;
}

static bool worker_is_revoked(const struct store_logout_item *item,
                              const struct session *s)
{
	return s->auth_time <= item->until &&
	       (!item->affiliation ||
	        text_equal(s->authenticated_by, item->affiliation));
}

static void worker_revoke(const struct worker_job *job)
{
	const struct person person = { .id = job->parsed.person };
	const struct session of = { .secret = "", .person = &person };
	struct session_entry *all;
	struct error err = { 0 };
	size_t count;

	if (!sessions_of_person(job->ctx, &of, &all, &count, &err))
		return;
	for (size_t i = 0; i < count; i++) {
		const struct store_session one =
		    store_session_of(job->arena, all[i].id_hash,
		                     all[i].session->sid, job->parsed.person);

		if (worker_is_revoked(&job->parsed, all[i].session) &&
		    !worker_end_session(job->ctx, &one, CAUSE_REVOKED, &err))
			return;
	}
	worker_remove(job);
}

/* ---- rounds ------------------------------------------------------------- */

static bool worker_is_stopping(struct logout_worker *w)
{
	(void)pthread_mutex_lock(&w->lock);
	bool stop = w->stop;

	(void)pthread_mutex_unlock(&w->lock);
	return stop;
}

static void worker_job_run(void *data)
{
	struct worker_job *job = data;

	if (worker_is_stopping(job->worker)) {
		arena_close(job->arena);
		return;
	}
	if (!store_logout_parse(job->arena, job->item, &job->parsed))
		worker_remove(job);
	else if (job->parsed.participant)
		worker_notify(job);
	else
		worker_revoke(job);
	arena_close(job->arena);
}

static void worker_submit(struct logout_worker *w, const struct config *cfg,
                          const char *item)
{
	struct arena *a = arena_open();
	struct worker_job *job = arena_new(a, struct worker_job);

	*job = (struct worker_job){
		.arena = a,
		.worker = w,
		.ctx = background_context(a, cfg, w->backends),
		.item = arena_strdup(a, item),
	};
	if (!thread_pool_submit(w->pool, worker_job_run, job))
		arena_close(a);
}

static bool worker_end_idle(struct logout_worker *w,
                            struct request_context *ctx, struct error *err)
{
	struct store_session *over;
	size_t count;

	if (!store_idle_take(ctx->backends->store, ctx->cfg, ctx->arena,
	                     LEASE_S, BATCH, &over, &count, err))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!worker_end_session(ctx, &over[i], CAUSE_IDLE, err))
			return false;
	w->is_busy |= count == BATCH;
	return true;
}

static bool worker_take(struct logout_worker *w, struct request_context *ctx,
                        struct error *err)
{
	char **items;
	size_t count;

	if (thread_pool_queued(w->pool) > 0)
		return true;
	if (!store_logouts_take(ctx->backends->store, ctx->cfg, ctx->arena,
	                        LEASE_S, BATCH, &items, &count, err))
		return false;
	for (size_t i = 0; i < count; i++)
		worker_submit(w, ctx->cfg, items[i]);
	w->is_busy |= count == BATCH;
	return true;
}

static void worker_round(struct logout_worker *w)
{
	struct arena *a = arena_open();
	struct config *cfg = config_current();
	struct request_context *ctx = background_context(a, cfg, w->backends);
	struct error err = { 0 };

	w->is_busy = false;
	/* Without it, the list lacks the ends of other processes. */
	(void)!gone_sessions_update(w->backends->gone, w->backends->revocation,
	                            cfg, NULL);
	bool good = worker_end_idle(w, ctx, &err) && worker_take(w, ctx, &err);

	if (!good && !w->is_unavailable)
		log_event(LOG_LOGOUT_QUEUE_UNAVAILABLE, "error", err.text,
		          NULL);
	w->is_unavailable = !good;
	config_unref(cfg);
	arena_close(a);
}

/* Returns false once the worker is to stop. */
static bool worker_wait(struct logout_worker *w)
{
	struct timespec end =
	    timed_wait_end(w->is_busy ? BUSY_INTERVAL_MS : INTERVAL_MS);

	(void)pthread_mutex_lock(&w->lock);
	while (!w->stop &&
	       pthread_cond_timedwait(&w->changed, &w->lock, &end) == 0)
		continue;
	bool stop = w->stop;

	(void)pthread_mutex_unlock(&w->lock);
	return !stop;
}

static void *worker_thread(void *data)
{
	struct logout_worker *w = data;

	while (worker_wait(w)) {
		log_request_new();
		worker_round(w);
	}
	return NULL;
}

struct logout_worker *logout_worker_start(const struct web_backends *backends)
{
	struct logout_worker *w = calloc(1, sizeof(*w));

	if (!w)
		abort();
	w->backends = backends;
	w->paused = service_pause_open();
	w->pool = thread_pool_open(BATCH, THREADS);
	(void)pthread_mutex_init(&w->lock, NULL);
	timed_wait_init(&w->changed);
	if (pthread_create(&w->thread, NULL, worker_thread, w) == 0)
		return w;
	thread_pool_close(w->pool);
	service_pause_close(w->paused);
	free(w);
	return NULL;
}

void logout_worker_stop(struct logout_worker *w)
{
	if (!w)
		return;
	(void)pthread_mutex_lock(&w->lock);
	w->stop = true;
	(void)pthread_cond_signal(&w->changed);
	(void)pthread_mutex_unlock(&w->lock);
	(void)pthread_join(w->thread, NULL);
	thread_pool_close(w->pool);
	service_pause_close(w->paused);
	(void)pthread_cond_destroy(&w->changed);
	(void)pthread_mutex_destroy(&w->lock);
	free(w);
}

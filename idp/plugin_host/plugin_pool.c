/* SPDX-License-Identifier: AGPL-3.0-or-later
 * plugin_pool.c: hands questions to the workers of one plugin, and replaces
 * workers that a question ended. */
#include "idp/plugin_host/plugin_pool.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "idp/plugin_host/failed_questions.h"
#include "idp/plugin_host/plugin_log.h"
#include "idp/plugin_host/worker_process.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/strbuf.h"
#include "lib/thread/timed_wait.h"

enum { MAX_CPU_SECONDS = 60 * 60, ONE_SECOND_MS = 1000 };

/* A worker, and what its thread knows of it.  Whoever sets in_use may use the
 * rest without the lock. */
struct pool_slot {
	bool in_use;
	struct worker_process *worker; /* NULL: not running */
	bool is_late; /* it has not answered this question yet */
	unsigned char late_key[HASH_SHA256_SIZE];
	char late_condition[64];
	int64_t pause_until; /* a start failed */
};

struct plugin_pool {
	struct plugin_pool_options options; /* its texts are in arena */
	struct arena *arena;
	struct plugin_image image;
	struct plugin_log *log;
	int references;       /* __atomic */
	pthread_mutex_t lock; /* protects the fields below */
	pthread_cond_t slot_freed, slot_late;
	bool closing;
	pthread_t watcher;
	bool was_ready;
	struct pool_slot slots[POOL_MAX_WORKERS];
	int waiting;
	struct failed_questions failed;
	long questions, busy, errors, starts, deaths;
	int64_t second_began; /* of restarts */
	int restarts;
	char release[64], conditions[512], last_end[96];
};

DEFINE_CLEANUP(close_arena, struct arena *, arena_close)

/* ---- workers; the caller has the slot */

static void pool_count_start(struct plugin_pool *p)
{
	(void)pthread_mutex_lock(&p->lock);
	p->starts++;
	(void)pthread_mutex_unlock(&p->lock);
}

static bool pool_start_worker(struct plugin_pool *p, struct pool_slot *slot)
{
	const struct worker_options options = {
		.program = p->options.program,
		.argument = p->options.argument,
		.plugin = p->options.plugin,
		.library_fd = p->image.library_fd,
		.data_fd = p->image.data_fd,
		.log_fd = plugin_log_fd(p->log),
	};

	if (slot->worker)
		return true;
	if (options.log_fd < 0 || clock_monotonic_ms() < slot->pause_until)
		return false;
	slot->worker = worker_start(&options);
	slot->is_late = false;
	if (slot->worker) {
		pool_count_start(p);
		return true;
	}
	slot->pause_until = clock_monotonic_ms() + POOL_START_PAUSE_MS;
	log_event(LOG_PLUGIN_WORKER_START_FAILED, "plugin_host",
	          p->options.plugin_host, "plugin", p->options.plugin, NULL);
	return false;
}

/* Returns how it ended, owned by a. */
static const char *pool_end_worker(struct pool_slot *slot, struct arena *a)
{
	struct worker_process *w = slot->worker;

	slot->worker = NULL;
	slot->is_late = false;
	return worker_close(w, a);
}

static bool pool_make_ready(struct plugin_pool *p, struct pool_slot *slot,
                            struct error *err)
{
	own(close_arena) struct arena *a = arena_open();

	if (!pool_start_worker(p, slot))
		return error_set(err, ERROR_UNAVAILABLE,
		                 "its worker cannot be started");
	if (worker_ready(slot->worker, err)) {
		(void)pthread_mutex_lock(&p->lock);
		(void)snprintf(p->release, sizeof(p->release), "%s",
		               worker_release(slot->worker));
		(void)snprintf(p->conditions, sizeof(p->conditions), "%s",
		               worker_conditions(slot->worker));
		p->was_ready = true;
		(void)pthread_mutex_unlock(&p->lock);
		return true;
	}
	slot->pause_until = clock_monotonic_ms() + POOL_START_PAUSE_MS;
	(void)pool_end_worker(slot, a);
	/* The first time it is a candidate, whose error is reported. */
	if (p->was_ready)
		log_event(LOG_PLUGIN_WORKER_FAILED, "plugin_host",
		          p->options.plugin_host, "plugin", p->options.plugin,
		          "error", err ? err->text : "", NULL);
	return false;
}

/* ---- slots */

static struct pool_slot *pool_find_free(struct plugin_pool *p)
{
	for (int i = 0; i < p->options.workers; i++)
		if (!p->slots[i].in_use)
			return &p->slots[i];
	return NULL;
}

/* Returns NULL if the queue is full, or if none was free until then. */
static struct pool_slot *pool_take(struct plugin_pool *p, int64_t until_ms)
{
	const struct timespec end = timed_wait_at(until_ms);
	struct pool_slot *slot;
	bool in_time;

	(void)pthread_mutex_lock(&p->lock);
	slot = pool_find_free(p);
	in_time = p->waiting < POOL_MAX_WAITING;
	p->waiting++;
	while (!slot && in_time) {
		in_time = pthread_cond_timedwait(&p->slot_freed, &p->lock,
		                                 &end) != ETIMEDOUT;
		slot = pool_find_free(p);
	}
	p->waiting--;
	if (slot)
		slot->in_use = true;
	(void)pthread_mutex_unlock(&p->lock);
	return slot;
}

static void pool_give_back(struct plugin_pool *p, struct pool_slot *slot)
{
	(void)pthread_mutex_lock(&p->lock);
	slot->in_use = false;
	(void)pthread_cond_signal(&p->slot_freed);
	(void)pthread_mutex_unlock(&p->lock);
}

/* ---- questions that end a worker */

/* Counts a restart, and returns whether there were few in this second. */
static bool pool_may_repeat(struct plugin_pool *p)
{
	int64_t now = clock_monotonic_ms();

	(void)pthread_mutex_lock(&p->lock);
	if (now - p->second_began >= ONE_SECOND_MS) {
		p->second_began = now;
		p->restarts = 0;
	}
	bool few = p->restarts++ < POOL_MAX_RESTARTS;
	(void)pthread_mutex_unlock(&p->lock);
	return few;
}

static void pool_remember_death(struct plugin_pool *p, const unsigned char *key)
{
	(void)pthread_mutex_lock(&p->lock);
	failed_questions_add(&p->failed, key, clock_monotonic_ms());
	(void)pthread_mutex_unlock(&p->lock);
}

/* Starts the next worker at once, so that the next question finds it ready. */
static void pool_replace(struct plugin_pool *p, struct pool_slot *slot,
                         const char *condition, const char *why)
{
	own(close_arena) struct arena *a = arena_open();
	const char *how = pool_end_worker(slot, a);

	(void)pthread_mutex_lock(&p->lock);
	p->deaths++;
	(void)snprintf(p->last_end, sizeof(p->last_end), "%s", how);
	(void)pthread_mutex_unlock(&p->lock);
	log_event(LOG_PLUGIN_WORKER_CRASHED, "plugin_host",
	          p->options.plugin_host, "plugin", p->options.plugin,
	          "condition", condition, "error", why, "end", how, NULL);
	(void)pool_start_worker(p, slot);
}

/* ---- late answers: the watcher has these slots, so that no question waits for
 * them */

/* The answer may still come; then the worker goes on. */
static void pool_wait_late(struct plugin_pool *p, struct pool_slot *slot)
{
	if (worker_drain(slot->worker, WORKER_LATE_MS) != WORKER_ANSWERED) {
		pool_remember_death(p, slot->late_key);
		pool_replace(p, slot, slot->late_condition,
		             "no reply before the deadline");
	}
	slot->is_late = false;
	pool_give_back(p, slot);
}

static struct pool_slot *pool_find_late(struct plugin_pool *p)
{
	for (int i = 0; i < p->options.workers; i++)
		if (p->slots[i].is_late)
			return &p->slots[i];
	return NULL;
}

static void *pool_watch(void *data)
{
	struct plugin_pool *p = data;
	struct pool_slot *late;

	(void)pthread_mutex_lock(&p->lock);
	while (!p->closing) {
		late = pool_find_late(p);
		if (!late) {
			(void)pthread_cond_wait(&p->slot_late, &p->lock);
			continue;
		}
		(void)pthread_mutex_unlock(&p->lock);
		pool_wait_late(p, late);
		(void)pthread_mutex_lock(&p->lock);
	}
	(void)pthread_mutex_unlock(&p->lock);
	return NULL;
}

/* Hands the slot to the watcher. */
static void pool_set_late(struct plugin_pool *p, struct pool_slot *slot,
                          const struct plugin_question *question,
                          const unsigned char *key)
{
	memcpy(slot->late_key, key, HASH_SHA256_SIZE);
	(void)snprintf(slot->late_condition, sizeof(slot->late_condition), "%s",
	               question->condition);
	(void)pthread_mutex_lock(&p->lock);
	slot->is_late = true;
	(void)pthread_cond_signal(&p->slot_late);
	(void)pthread_mutex_unlock(&p->lock);
}

/* ---- one question */

static void pool_log_error(const struct plugin_pool *p,
                           const struct plugin_question *question,
                           const char *why)
{
	log_event(LOG_PLUGIN_CONDITION_FAILED, "plugin_host",
	          p->options.plugin_host, "plugin", p->options.plugin,
	          "condition", question->condition, "error", why ? why : "",
	          NULL);
}

enum pool_result {
	POOL_DONE,      /* there is no other verdict than this */
	POOL_ASK_AGAIN, /* in the new worker */
	POOL_TOO_LATE,  /* the watcher has the slot */
};

static enum pool_result pool_ask_once(struct plugin_pool *p,
                                      struct pool_slot *slot,
                                      const struct plugin_question *question,
                                      const unsigned char *key,
                                      enum ipc_verdict *ret)
{
	own(close_arena) struct arena *a = arena_open();
	struct evaluate_one_reply reply = { 0 };
	struct error err = { 0 };

	*ret = IPC_VERDICT_ERROR;
	if (!pool_make_ready(p, slot, &err))
		return POOL_DONE;
	bool was_new = worker_is_new(slot->worker);

	switch (worker_ask(slot->worker, a, question, &reply, &err)) {
	case WORKER_ANSWERED:
		*ret = reply.verdict;
		if (reply.verdict == IPC_VERDICT_ERROR)
			pool_log_error(p, question, reply.why);
		return POOL_DONE;
	case WORKER_LATE:
		pool_log_error(p, question, err.text);
		pool_set_late(p, slot, question, key);
		return POOL_TOO_LATE;
	case WORKER_HUNG:
		pool_remember_death(p, key);
		pool_replace(p, slot, question->condition, err.text);
		return POOL_DONE;
	case WORKER_DIED:
		break;
	}
	/* An earlier question can be the cause. */
	bool again = !was_new && pool_may_repeat(p);

	if (!again)
		pool_remember_death(p, key);
	pool_replace(p, slot, question->condition, err.text);
	return again ? POOL_ASK_AGAIN : POOL_DONE;
}

/* A worker that has worked for an hour of the processor's time is replaced long
 * before the limit of its sandbox ends it. */
static void pool_renew_worker(struct pool_slot *slot)
{
	own(close_arena) struct arena *a = arena_open();

	if (slot->worker && worker_cpu_seconds(slot->worker) > MAX_CPU_SECONDS)
		(void)pool_end_worker(slot, a);
}

static bool pool_refuses(struct plugin_pool *p, const unsigned char *key)
{
	(void)pthread_mutex_lock(&p->lock);
	bool has = failed_questions_has(&p->failed, key, clock_monotonic_ms());
	(void)pthread_mutex_unlock(&p->lock);
	return has;
}

static enum ipc_verdict pool_answer(struct plugin_pool *p,
                                    const struct plugin_question *question)
{
	unsigned char key[HASH_SHA256_SIZE];
	enum ipc_verdict verdict;
	enum pool_result result = POOL_ASK_AGAIN;

	failed_question_key(question, key);
	if (pool_refuses(p, key))
		return IPC_VERDICT_ERROR;
	struct pool_slot *slot =
	    pool_take(p, clock_monotonic_ms() + POOL_WAIT_MS);

	if (!slot)
		return IPC_VERDICT_BUSY;
	for (int i = 0; i < 2 && result == POOL_ASK_AGAIN; i++)
		result = pool_ask_once(p, slot, question, key, &verdict);
	if (result == POOL_TOO_LATE)
		return verdict;
	pool_renew_worker(slot);
	pool_give_back(p, slot);
	return verdict;
}

enum ipc_verdict plugin_pool_evaluate(struct plugin_pool *p,
                                      const struct plugin_question *question)
{
	enum ipc_verdict verdict = pool_answer(p, question);

	(void)pthread_mutex_lock(&p->lock);
	p->questions++;
	p->busy += verdict == IPC_VERDICT_BUSY;
	p->errors += verdict == IPC_VERDICT_ERROR;
	(void)pthread_mutex_unlock(&p->lock);
	return verdict;
}

/* ---- for a configuration */

enum { CONFIGURE_WAIT_MS = 3000 };

static struct pool_slot *pool_take_ready(struct plugin_pool *p,
                                         struct error *err)
{
	struct pool_slot *slot =
	    pool_take(p, clock_monotonic_ms() + CONFIGURE_WAIT_MS);

	if (!slot)
		(void)error_set(err, ERROR_UNAVAILABLE,
		                "all its workers are busy");
	else if (pool_make_ready(p, slot, err))
		return slot;
	if (slot)
		pool_give_back(p, slot);
	return NULL;
}

bool plugin_pool_ready(struct plugin_pool *p, struct error *err)
{
	struct pool_slot *slot = pool_take_ready(p, err);

	if (slot)
		pool_give_back(p, slot);
	return slot != NULL;
}

bool plugin_pool_validate(struct plugin_pool *p, const char *condition,
                          const char *const *arguments, size_t count,
                          size_t *ret_argument, struct error *err)
{
	struct pool_slot *slot = pool_take_ready(p, err);

	*ret_argument = 0;
	if (!slot)
		return false;
	bool valid = worker_validate(slot->worker, condition, arguments, count,
	                             ret_argument, err);

	/* It may have ended, or answer later. */
	if (!valid && *ret_argument == 0) {
		own(close_arena) struct arena *a = arena_open();

		(void)pool_end_worker(slot, a);
	}
	pool_give_back(p, slot);
	return valid;
}

void plugin_pool_read_status(struct plugin_pool *p, struct arena *a,
                             struct plugin_pool_status *ret)
{
	(void)pthread_mutex_lock(&p->lock);
	*ret = (struct plugin_pool_status){
		.plugin = arena_strdup(a, p->options.plugin),
		.release = arena_strdup(a, p->release),
		.conditions = arena_strdup(a, p->conditions),
		.last_end = arena_strdup(a, p->last_end),
		.workers = p->options.workers,
		.questions = p->questions,
		.busy = p->busy,
		.errors = p->errors,
		.starts = p->starts,
		.deaths = p->deaths,
		.refused =
		    failed_questions_count(&p->failed, clock_monotonic_ms()),
	};
	(void)pthread_mutex_unlock(&p->lock);
}

const struct plugin_image *plugin_pool_image(const struct plugin_pool *p)
{
	return &p->image;
}

const char *plugin_pool_name(const struct plugin_pool *p)
{
	return p->options.plugin;
}

int plugin_pool_workers(const struct plugin_pool *p)
{
	return p->options.workers;
}

/* ---- lifetime */

struct plugin_pool *plugin_pool_open(const struct plugin_pool_options *options,
                                     const struct plugin_image *image)
{
	struct plugin_pool *p = calloc(1, sizeof(*p));

	if (!p)
		abort();
	p->references = 1;
	p->image = *image;
	p->arena = arena_open();
	p->options = (struct plugin_pool_options){
		.program = arena_strdup(p->arena, options->program),
		.argument = arena_strdup(p->arena, options->argument),
		.plugin_host = arena_strdup(p->arena, options->plugin_host),
		.plugin = arena_strdup(p->arena, options->plugin),
		.workers = options->workers,
	};
	if (p->options.workers < 1 || p->options.workers > POOL_MAX_WORKERS)
		p->options.workers = 1;
	(void)pthread_mutex_init(&p->lock, NULL);
	timed_wait_init(&p->slot_freed);
	timed_wait_init(&p->slot_late);
	p->log = plugin_log_open(p->options.plugin_host, p->options.plugin);
	for (int i = 0; i < p->options.workers; i++)
		(void)pool_start_worker(p, &p->slots[i]);
	if (pthread_create(&p->watcher, NULL, pool_watch, p) != 0)
		abort();
	return p;
}

struct plugin_pool *plugin_pool_ref(struct plugin_pool *p)
{
	(void)__atomic_add_fetch(&p->references, 1, __ATOMIC_RELAXED);
	return p;
}

static void pool_stop_watcher(struct plugin_pool *p)
{
	(void)pthread_mutex_lock(&p->lock);
	p->closing = true;
	(void)pthread_cond_signal(&p->slot_late);
	(void)pthread_mutex_unlock(&p->lock);
	(void)pthread_join(p->watcher, NULL);
}

void plugin_pool_unref(struct plugin_pool *p)
{
	if (!p || __atomic_sub_fetch(&p->references, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	own(close_arena) struct arena *a = arena_open();

	pool_stop_watcher(p);
	for (int i = 0; i < p->options.workers; i++)
		(void)pool_end_worker(&p->slots[i], a);
	plugin_log_close(p->log);
	plugin_image_close(&p->image);
	(void)pthread_cond_destroy(&p->slot_late);
	(void)pthread_cond_destroy(&p->slot_freed);
	(void)pthread_mutex_destroy(&p->lock);
	arena_close(p->arena);
	free(p);
}

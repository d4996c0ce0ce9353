/* SPDX-License-Identifier: AGPL-3.0-or-later
 * health.c: a thread runs the checks, at most once a second and only while
 * someone asks. A request waits for a round that begins, and if a part lets it
 * wait, that part is the reason. */
#include "idp/web/health.h"

#include <pthread.h>
#include <time.h>

#include "idp/web/health_checks.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/strbuf.h"
#include "lib/thread/timed_wait.h"

enum { FRESH_MS = 1000, WAIT_MS = 2500 };

struct health_result {
	const char *reason; /* a constant; NULL: it responds */
	int64_t since;      /* Unix time */
};

static struct health {
	pthread_t thread;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t changed;
	bool asked, stopping;
	int64_t began_ms; /* the last round; 0: none */
	int running;      /* the check in progress; HEALTH_CHECKS: none */
	struct health_result results[HEALTH_CHECKS];
} health = { .lock = PTHREAD_MUTEX_INITIALIZER, .running = HEALTH_CHECKS };

/* ---- the thread */

static void health_log(const char *name, const char *reason)
{
	if (reason)
		log_event(LOG_READY_LOST, "part", name, "reason", reason, NULL);
	else
		log_event(LOG_READY_AGAIN, "part", name, NULL);
}

/* Requires the lock. */
static void health_note(int at, const char *reason)
{
	struct health_result *result = &health.results[at];

	if (result->since && text_equal(result->reason, reason))
		return;
	if (result->since || reason)
		health_log(health_checks[at].name, reason);
	*result = (struct health_result){ reason, clock_now() };
}

static void health_check_all(const struct health_backends *b)
{
	struct config *cfg = config_current();
	struct arena *a = arena_open();

	for (int i = 0; i < HEALTH_CHECKS; i++) {
		(void)pthread_mutex_lock(&health.lock);
		health.running = i;
		(void)pthread_mutex_unlock(&health.lock);
		const char *reason = health_checks[i].run(b, cfg, a);

		(void)pthread_mutex_lock(&health.lock);
		health_note(i, reason);
		(void)pthread_mutex_unlock(&health.lock);
	}
	arena_close(a);
	config_unref(cfg);
}

/* Waits until a round is asked for; returns false at the end. */
static bool health_begin_round(void)
{
	(void)pthread_mutex_lock(&health.lock);
	health.running = HEALTH_CHECKS;
	(void)pthread_cond_broadcast(&health.changed);
	while (!health.asked && !health.stopping)
		(void)pthread_cond_wait(&health.changed, &health.lock);
	health.asked = false;
	health.began_ms = clock_monotonic_ms();
	health.running = 0;
	bool go_on = !health.stopping;

	(void)pthread_mutex_unlock(&health.lock);
	return go_on;
}

static void *health_run(void *run_dir)
{
	struct arena *a = arena_open();
	struct health_backends b;

	health_backends_open(&b, a, run_dir);
	while (health_begin_round()) {
		log_request_new();
		health_check_all(&b);
	}
	health_backends_close(&b);
	arena_close(a);
	return NULL;
}

bool health_start(const char *run_dir, struct error *err)
{
	timed_wait_init(&health.changed);
	return pthread_create(&health.thread, NULL, health_run,
	                      (void *)(uintptr_t)run_dir) == 0 ||
	       error_set(err, ERROR_UNAVAILABLE, "cannot start a thread");
}

void health_stop(void)
{
	(void)pthread_mutex_lock(&health.lock);
	health.stopping = true;
	(void)pthread_cond_broadcast(&health.changed);
	(void)pthread_mutex_unlock(&health.lock);
	(void)pthread_join(health.thread, NULL);
}

/* ---- the requests */

/* Requires the lock. Returns when a round that began within the last second is
 * complete, or after WAIT_MS. */
static void health_wait(void)
{
	const struct timespec end = timed_wait_end(WAIT_MS);
	const int64_t oldest = clock_monotonic_ms() - FRESH_MS;
	int waited = 0;

	while (waited == 0 && !health.stopping &&
	       (health.began_ms <= oldest || health.running < HEALTH_CHECKS)) {
		if (health.began_ms <= oldest &&
		    health.running == HEALTH_CHECKS) {
			health.asked = true;
			(void)pthread_cond_broadcast(&health.changed);
		}
		waited =
		    pthread_cond_timedwait(&health.changed, &health.lock, &end);
	}
}

/* Copies the results. The check in progress after the wait has none. */
static void health_read(struct health_result *ret_results)
{
	(void)pthread_mutex_lock(&health.lock);
	const int64_t asked_ms = clock_monotonic_ms();

	health_wait();
	for (int i = 0; i < HEALTH_CHECKS; i++)
		ret_results[i] = health.results[i];
	if (health.running < HEALTH_CHECKS)
		ret_results[health.running].reason =
		    health_checks[health.running].unavailable;
	else if (health.began_ms <= asked_ms - FRESH_MS)
		ret_results[0].reason = "overloaded"; /* no round began */
	(void)pthread_mutex_unlock(&health.lock);
}

static json_t *health_row(struct arena *a, const struct health_check *check,
                          const struct health_result *result)
{
	json_t *row = js_own(a, json_object());

	js_set_string(row, "name", check->name);
	js_set_string(row, "status", result->reason ? "failed" : "ok");
	if (result->reason)
		js_set_string(row, "reason", result->reason);
	if (result->since)
		js_set_string(row, "since", clock_format_iso(a, result->since));
	return row;
}

void health_respond_ready(struct http_response *resp)
{
	struct arena *a = resp->arena;
	struct health_result results[HEALTH_CHECKS];
	json_t *body = js_own(a, json_object()), *rows = json_array();
	bool ready = true;

	health_read(results);
	for (int i = 0; i < HEALTH_CHECKS; i++) {
		if (results[i].reason)
			ready = false;
		(void)json_array_append(
		    rows, health_row(a, &health_checks[i], &results[i]));
	}
	js_set_string(body, "status", ready ? "ready" : "not-ready");
	(void)json_object_set_new(body, "checks", rows);
	response_json(resp, ready ? 200 : 503, body);
}

void health_respond_live(struct http_response *resp)
{
	static const char body[] = "{\"status\":\"live\"}";

	response_set_body(resp, 200, "application/json", body,
	                  sizeof(body) - 1);
}

void health_print_metrics(struct strbuf *out)
{
	struct health_result results[HEALTH_CHECKS];

	health_read(results);
	strbuf_append(out, "# HELP portvakt_part_up 1 if the part responds "
	                   "that logins need.\n"
	                   "# TYPE portvakt_part_up gauge\n");
	for (int i = 0; i < HEALTH_CHECKS; i++)
		strbuf_appendf(out, "portvakt_part_up{part=\"%s\"} %d\n",
		               health_checks[i].name, !results[i].reason);
}

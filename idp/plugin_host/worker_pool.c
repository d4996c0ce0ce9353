/* SPDX-License-Identifier: AGPL-3.0-or-later
 * worker_pool.c: starts, monitors and replaces the worker process. */
#include "idp/plugin_host/worker_pool.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "idp/plugin_host/plugin_worker.h"
#include "lib/cleanup.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/strbuf.h"
#include "region/ipc/ipc_client.h"
#include "region/policy/policy_context.h"

enum {
	ONE_MINUTE_MS = 60 * 1000,
	LOADING_MS = 5000, /* time limit for loading the plugins */
	NO_WORKER = 0,
};

struct plugin_worker {
	const char *name, *program;
	pthread_mutex_t lock; /* protects the fields below */
	struct arena *arena;  /* owns the arguments */
	char **arguments;
	pid_t pid; /* NO_WORKER: not running */
	int fd;
	uint64_t last_id;
	bool ready;  /* plugins loaded, sandbox locked */
	bool is_new; /* no request has been sent to it yet */
	int64_t started;
	long start_count;
	int64_t crash_times[WORKER_MAX_CRASHES]; /* times of crashes, a ring
	                                            buffer */
	size_t next_crash;
};

/* Result of sending one request. */
enum worker_result { NO_RESPONSE = 0, ANSWERED, DIED };

DEFINE_CLEANUP(close_arena, struct arena *, arena_close)

struct plugin_worker *worker_open(const char *name, const char *program)
{
	struct arena *a = arena_open();
	struct plugin_worker *c = calloc(1, sizeof(*c));

	if (!c)
		abort();
	*c = (struct plugin_worker){ .arena = a,
		                     .name = arena_strdup(a, name),
		                     .program = arena_strdup(a, program),
		                     .arguments = arena_array(a, char *, 1),
		                     .fd = -1 };
	(void)pthread_mutex_init(&c->lock, NULL);
	return c;
}

/* ---- process lifecycle; all functions require the lock */

/* Ten crashes within a minute: no restart for now. */
static bool worker_is_suspended(const struct plugin_worker *c)
{
	int64_t oldest = c->crash_times[c->next_crash];

	return oldest != 0 && clock_monotonic_ms() - oldest < ONE_MINUTE_MS;
}

static bool worker_spawn(struct plugin_worker *c, int socket)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t how;
	sigset_t none, usual;
	/* An empty environment: ours contains the path of the credentials. */
	char *environment[] = { NULL };

	(void)sigemptyset(&none);
	(void)sigemptyset(&usual);
	(void)sigaddset(&usual, SIGPIPE);
	(void)posix_spawn_file_actions_init(&files);
	(void)posix_spawn_file_actions_adddup2(&files, socket,
	                                       PLUGIN_WORKER_SOCKET);
	(void)posix_spawnattr_init(&how);
	(void)posix_spawnattr_setsigmask(&how, &none);
	(void)posix_spawnattr_setsigdefault(&how, &usual);
	(void)posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK |
	                                         POSIX_SPAWN_SETSIGDEF);
	int failed = posix_spawn(&c->pid, c->program, &files, &how,
	                         c->arguments, environment);

	(void)posix_spawnattr_destroy(&how);
	(void)posix_spawn_file_actions_destroy(&files);
	if (failed != 0)
		c->pid = NO_WORKER;
	return failed == 0;
}

static bool worker_start(struct plugin_worker *c)
{
	int pair[2];

	if (c->pid != NO_WORKER)
		return true;
	if (worker_is_suspended(c) ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return false;
	bool started = worker_spawn(c, pair[1]);

	(void)close(pair[1]);
	if (!started) {
		(void)close(pair[0]);
		log_event(LOG_PLUGIN_WORKER_START_FAILED, "plugin_host",
		          c->name, NULL);
		return false;
	}
	c->fd = pair[0];
	c->ready = false;
	c->is_new = true;
	c->started = clock_monotonic_ms();
	c->start_count++;
	return true;
}

/* Kills the worker if it is running, and reaps it.  SIGKILL ends it at once. */
static int worker_kill(struct plugin_worker *c)
{
	int status = 0;

	if (c->pid == NO_WORKER)
		return 0;
	(void)close(c->fd);
	(void)kill(c->pid, SIGKILL);
	while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	c->pid = NO_WORKER;
	c->fd = -1;
	return status;
}

/* Logs a crash or timeout and starts a new worker at once, so that the next
 * request finds it ready. */
static void worker_replace_failed(struct plugin_worker *c,
                                  const struct plugin_question *question,
                                  const char *why)
{
	char how[64];
	int status = worker_kill(c);

	(void)snprintf(how, sizeof(how), "%s %d",
	               WIFSIGNALED(status) ? "signal" : "status",
	               WIFSIGNALED(status) ? WTERMSIG(status)
	                                   : WEXITSTATUS(status));
	c->crash_times[c->next_crash] = clock_monotonic_ms();
	c->next_crash = (c->next_crash + 1) % WORKER_MAX_CRASHES;
	log_event(LOG_PLUGIN_WORKER_CRASHED, "plugin_host", c->name,
	          "condition", question->condition, "error", why, "end", how,
	          NULL);
	if (worker_is_suspended(c))
		log_event(LOG_PLUGIN_WORKER_SUSPENDED, "plugin_host", c->name,
		          NULL);
	else
		(void)worker_start(c);
}

void worker_close(struct plugin_worker *c)
{
	if (!c)
		return;
	(void)worker_kill(c);
	(void)pthread_mutex_destroy(&c->lock);
	arena_close(c->arena);
	free(c);
}

/* ---- configuration */

static bool same_arguments(char **x, char **y)
{
	for (; *x && *y; x++, y++)
		if (!text_equal(*x, *y))
			return false;
	return !*x && !*y;
}

static void worker_set_arguments(struct plugin_worker *c, char **arguments)
{
	struct arena *a = arena_open();
	size_t count = 0;

	while (arguments[count])
		count++;
	(void)worker_kill(c);
	c->name = arena_strdup(a, c->name);
	c->program = arena_strdup(a, c->program);
	c->arguments = arena_array(a, char *, count + 1);
	for (size_t i = 0; i < count; i++)
		c->arguments[i] = arena_strdup(a, arguments[i]);
	/* A changed configuration may have fixed the plugin: reset the
	 * counter. */
	memset(c->crash_times, 0, sizeof(c->crash_times));
	arena_close(c->arena);
	c->arena = a;
}

void worker_configure(struct plugin_worker *c, char **arguments)
{
	(void)pthread_mutex_lock(&c->lock);
	if (!same_arguments(c->arguments, arguments))
		worker_set_arguments(c, arguments);
	(void)worker_start(c);
	(void)pthread_mutex_unlock(&c->lock);
}

/* ---- requests */

static void worker_log_error(const struct plugin_worker *c,
                             const struct plugin_question *question,
                             const char *why)
{
	log_event(LOG_PLUGIN_CONDITION_FAILED, "plugin_host", c->name,
	          "condition", question->condition, "error", why ? why : "",
	          NULL);
}

static int worker_remaining_ms(int64_t until)
{
	int64_t remaining = until - clock_monotonic_ms();

	return remaining > 0 ? (int)remaining : 0;
}

/* Receives the frame with this type and id, or returns the reason for its
 * absence. */
static enum worker_result worker_receive(struct plugin_worker *c,
                                         struct arena *a,
                                         const struct plugin_question *question,
                                         uint8_t expected_type,
                                         uint64_t expected_id, int deadline_ms,
                                         json_t **ret_response)
{
	struct error err = { 0 };
	uint8_t kind;
	uint64_t id;
	json_t *response;

	if (!ipc_frame_receive(a, c->fd, deadline_ms, &kind, &id, &response,
	                       &err)) {
		bool died = text_equal(err.text, "closed");
		int64_t age = clock_monotonic_ms() - c->started;

		/* A worker that is still loading has more time; the request
		 * does not. */
		if (died || c->ready || age > LOADING_MS)
			worker_replace_failed(c, question, err.text);
		return died ? DIED : NO_RESPONSE;
	}
	if (id != expected_id || kind != expected_type) {
		worker_replace_failed(c, question,
		                      "response does not match the request");
		return NO_RESPONSE;
	}
	*ret_response = response;
	return ANSWERED;
}

static enum worker_result worker_wait_ready(
    struct plugin_worker *c, struct arena *a,
    const struct plugin_question *question, int deadline_ms)
{
	json_t *body;

	if (c->ready)
		return ANSWERED;
	enum worker_result result =
	    worker_receive(c, a, question, IPC_WORKER_READY,
	                   PLUGIN_WORKER_READY, deadline_ms, &body);

	c->ready = result == ANSWERED;
	return result;
}

static bool worker_send_question(struct plugin_worker *c,
                                 const struct plugin_question *question)
{
	const struct evaluate_one_request request = { .question = question };
	own(release_json) json_t *body = NULL;

	return evaluate_one_request_write(&request, &body, NULL) &&
	       ipc_frame_send(c->fd, IPC_EVALUATE_ONE, ++c->last_id, body,
	                      NULL);
}

/* A response that is not as defined is an error of the plugin's worker. */
static enum portvakt_verdict worker_read_verdict(
    struct plugin_worker *c, struct arena *a,
    const struct plugin_question *question, const json_t *response)
{
	struct evaluate_one_reply reply = { 0 };
	struct error err = { 0 };
	bool read = evaluate_one_reply_read(a, response, &reply, &err);
	enum portvakt_verdict verdict =
	    read ? plugin_verdict_from_ipc(reply.verdict) : PORTVAKT_ERROR;

	if (verdict == PORTVAKT_ERROR)
		worker_log_error(c, question, read ? reply.why : err.text);
	return verdict;
}

static enum worker_result worker_send_request(
    struct plugin_worker *c, struct arena *a,
    const struct plugin_question *question, int64_t until,
    enum portvakt_verdict *ret_verdict)
{
	json_t *response = NULL;

	if (worker_remaining_ms(until) <= 0 || !worker_start(c))
		return NO_RESPONSE;
	enum worker_result result =
	    worker_wait_ready(c, a, question, worker_remaining_ms(until));

	if (result != ANSWERED)
		return result;
	c->is_new = false;
	if (!worker_send_question(c, question)) {
		worker_replace_failed(c, question,
		                      "worker closed the connection");
		return DIED;
	}
	result =
	    worker_receive(c, a, question, IPC_EVALUATE_ONE | IPC_REPLY,
	                   c->last_id, worker_remaining_ms(until), &response);
	if (result == ANSWERED)
		*ret_verdict = worker_read_verdict(c, a, question, response);
	return result;
}

/* Half of the remaining time while other requests wait. */
static int64_t worker_deadline_share(int64_t until, size_t others)
{
	return others > 0 ? until - worker_remaining_ms(until) / 2 : until;
}

/* A used worker may have died because of an earlier request: retry once. */
static enum portvakt_verdict worker_evaluate_one(
    struct plugin_worker *c, const struct plugin_question *question,
    int64_t until, size_t others)
{
	own(close_arena) struct arena *a = arena_open();
	enum portvakt_verdict verdict = PORTVAKT_ERROR;
	bool is_new = c->pid == NO_WORKER || c->is_new;
	enum worker_result result = worker_send_request(
	    c, a, question, worker_deadline_share(until, others), &verdict);

	if (result == DIED && !is_new)
		result = worker_send_request(
		    c, a, question, worker_deadline_share(until, others),
		    &verdict);
	return result == ANSWERED ? verdict : PORTVAKT_ERROR;
}

void worker_evaluate(struct plugin_worker *c,
                     const struct plugin_question *questions, size_t count,
                     enum portvakt_verdict *verdicts)
{
	int64_t until = clock_monotonic_ms() + WORKER_DEADLINE_MS;

	(void)pthread_mutex_lock(&c->lock);
	for (size_t i = 0; i < count; i++)
		verdicts[i] =
		    worker_evaluate_one(c, &questions[i], until, count - i - 1);
	(void)pthread_mutex_unlock(&c->lock);
}

long worker_start_count(struct plugin_worker *c)
{
	(void)pthread_mutex_lock(&c->lock);
	long starts = c->start_count;
	(void)pthread_mutex_unlock(&c->lock);
	return starts;
}

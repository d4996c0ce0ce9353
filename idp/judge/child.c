/* SPDX-License-Identifier: AGPL-3.0-or-later
 * worker_pool.c: starts, monitors and replaces the worker process. */
#include "idp/judge/child.h"

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

#include "idp/judge/caged.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/own.h"
#include "lib/text.h"
#include "region/ask.h"
#include "region/facts.h"

enum {
	A_MINUTE_MS = 60 * 1000,
	LOADING_MS = 5000, /* time limit for loading the plugins */
	NOBODY = 0,
};

struct child {
	const char *name, *program;
	pthread_mutex_t lock; /* protects the fields below */
	struct arena *arena;  /* owns the arguments */
	char **arguments;
	pid_t pid; /* NO_WORKER: not running */
	int fd;
	uint64_t last_id;
	bool ready; /* plugins loaded, sandbox locked */
	bool fresh; /* no request has been sent to it yet */
	int64_t started;
	long starts;
	int64_t deaths[CHILD_DEATHS_MOST]; /* times of crashes, a ring buffer */
	size_t next_death;
};

/* Result of sending one request. */
enum outcome { SILENT = 0, ANSWERED, DIED };

OWNER(close_arena, struct arena *, arena_close)

struct child *child_open(const char *name, const char *program)
{
	struct arena *a = arena_open();
	struct child *c = calloc(1, sizeof(*c));

	if (!c)
		abort();
	*c = (struct child){ .arena = a,
		             .name = arena_copy(a, name),
		             .program = arena_copy(a, program),
		             .arguments = arena_array(a, char *, 1),
		             .fd = -1 };
	(void)pthread_mutex_init(&c->lock, NULL);
	return c;
}

/* ---- process lifecycle; all functions require the lock */

/* Ten crashes within a minute: no restart for now. */
static bool is_given_up(const struct child *c)
{
	int64_t oldest = c->deaths[c->next_death];

	return oldest != 0 && clock_monotonic_ms() - oldest < A_MINUTE_MS;
}

static bool spawn(struct child *c, int socket)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t how;
	sigset_t none, usual;
	/* An empty environment: ours contains the path of the credentials. */
	char *nothing[] = { NULL };

	(void)sigemptyset(&none);
	(void)sigemptyset(&usual);
	(void)sigaddset(&usual, SIGPIPE);
	(void)posix_spawn_file_actions_init(&files);
	(void)posix_spawn_file_actions_adddup2(&files, socket, CAGED_SOCKET);
	(void)posix_spawnattr_init(&how);
	(void)posix_spawnattr_setsigmask(&how, &none);
	(void)posix_spawnattr_setsigdefault(&how, &usual);
	(void)posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK |
	                                         POSIX_SPAWN_SETSIGDEF);
	int failed = posix_spawn(&c->pid, c->program, &files, &how,
	                         c->arguments, nothing);

	(void)posix_spawnattr_destroy(&how);
	(void)posix_spawn_file_actions_destroy(&files);
	if (failed != 0)
		c->pid = NOBODY;
	return failed == 0;
}

static bool start(struct child *c)
{
	int pair[2];

	if (c->pid != NOBODY)
		return true;
	if (is_given_up(c) ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return false;
	bool started = spawn(c, pair[1]);

	(void)close(pair[1]);
	if (!started) {
		(void)close(pair[0]);
		log_error("cannot start a child", "judge", c->name, NULL);
		return false;
	}
	c->fd = pair[0];
	c->ready = false;
	c->fresh = true;
	c->started = clock_monotonic_ms();
	c->starts++;
	return true;
}

/* Kills the worker if it is running, and reaps it.  SIGKILL ends it at once. */
static int bury(struct child *c)
{
	int status = 0;

	if (c->pid == NOBODY)
		return 0;
	(void)close(c->fd);
	(void)kill(c->pid, SIGKILL);
	while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	c->pid = NOBODY;
	c->fd = -1;
	return status;
}

/* Logs a crash or timeout and starts a new worker at once, so that the next
 * request finds it ready. */
static void mourn(struct child *c, const json_t *question, const char *why)
{
	const char *word = js_string(question, "word");
	char how[64];
	int status = bury(c);

	(void)snprintf(how, sizeof(how), "%s %d",
	               WIFSIGNALED(status) ? "signal" : "status",
	               WIFSIGNALED(status) ? WTERMSIG(status)
	                                   : WEXITSTATUS(status));
	c->deaths[c->next_death] = clock_monotonic_ms();
	c->next_death = (c->next_death + 1) % CHILD_DEATHS_MOST;
	log_warn("a child died over a question", "judge", c->name, "word",
	         word ? word : "", "why", why, "how", how, NULL);
	if (is_given_up(c))
		log_error("its children die too often; refusing for a minute",
		          "judge", c->name, NULL);
	else
		(void)start(c);
}

void child_close(struct child *c)
{
	if (!c)
		return;
	(void)bury(c);
	(void)pthread_mutex_destroy(&c->lock);
	arena_close(c->arena);
	free(c);
}

/* ---- configuration */

static bool same_words(char **x, char **y)
{
	for (; *x && *y; x++, y++)
		if (!text_equal(*x, *y))
			return false;
	return !*x && !*y;
}

static void use_arguments(struct child *c, char **arguments)
{
	struct arena *a = arena_open();
	size_t count = 0;

	while (arguments[count])
		count++;
	(void)bury(c);
	c->name = arena_copy(a, c->name);
	c->program = arena_copy(a, c->program);
	c->arguments = arena_array(a, char *, count + 1);
	for (size_t i = 0; i < count; i++)
		c->arguments[i] = arena_copy(a, arguments[i]);
	/* A changed configuration may have fixed the plugin: reset the
	 * counter. */
	memset(c->deaths, 0, sizeof(c->deaths));
	arena_close(c->arena);
	c->arena = a;
}

void child_wants(struct child *c, char **arguments)
{
	(void)pthread_mutex_lock(&c->lock);
	if (!same_words(c->arguments, arguments))
		use_arguments(c, arguments);
	(void)start(c);
	(void)pthread_mutex_unlock(&c->lock);
}

/* ---- requests */

static void note_error(const struct child *c, const json_t *question,
                       const json_t *answer)
{
	const char *word = js_string(question, "word");
	const char *why = js_string(answer, "why");

	log_warn("a plugin gave no answer", "judge", c->name, "word",
	         word ? word : "", "why", why ? why : "", NULL);
}

static int left_ms(int64_t until)
{
	int64_t left = until - clock_monotonic_ms();

	return left > 0 ? (int)left : 0;
}

/* Receives the response with this id, or returns the reason for its absence. */
static enum outcome hear(struct child *c, struct arena *a,
                         const json_t *question, uint64_t wanted,
                         int deadline_ms, json_t **ret_answer)
{
	struct fault why = { 0 };
	uint8_t kind;
	uint64_t id;
	json_t *answer;

	if (!frame_receive(a, c->fd, deadline_ms, &kind, &id, &answer, &why)) {
		bool died = text_equal(why.text, "closed");
		int64_t age = clock_monotonic_ms() - c->started;

		/* A worker that is still loading has more time; the request
		 * does not. */
		if (died || c->ready || age > LOADING_MS)
			mourn(c, question, why.text);
		return died ? DIED : SILENT;
	}
	if (id != wanted || kind != (ASK_JUDGE | ASK_ANSWER)) {
		mourn(c, question, "it answered another question");
		return SILENT;
	}
	*ret_answer = answer;
	return ANSWERED;
}

static enum outcome wait_ready(struct child *c, struct arena *a,
                               const json_t *question, int deadline_ms)
{
	json_t *nothing;

	if (c->ready)
		return ANSWERED;
	enum outcome went =
	    hear(c, a, question, CAGED_READY, deadline_ms, &nothing);

	c->ready = went == ANSWERED;
	return went;
}

static enum outcome put(struct child *c, struct arena *a,
                        const json_t *question, int64_t until,
                        enum portvakt_verdict *ret_verdict)
{
	json_t *answer = NULL;

	if (left_ms(until) <= 0 || !start(c))
		return SILENT;
	enum outcome went = wait_ready(c, a, question, left_ms(until));

	if (went != ANSWERED)
		return went;
	c->fresh = false;
	if (!frame_send(c->fd, ASK_JUDGE, ++c->last_id, question, NULL)) {
		mourn(c, question, "it was gone");
		return DIED;
	}
	went = hear(c, a, question, c->last_id, left_ms(until), &answer);
	if (went != ANSWERED)
		return went;
	*ret_verdict = verdict_from(js_string(answer, "verdict"));
	if (*ret_verdict == PORTVAKT_ERROR)
		note_error(c, question, answer);
	return ANSWERED;
}

/* Half of the remaining time while other requests wait. */
static int64_t share(int64_t until, size_t others)
{
	return others > 0 ? until - left_ms(until) / 2 : until;
}

/* A used worker may have died because of an earlier request: retry once. */
static enum portvakt_verdict judge_one(struct child *c, const json_t *question,
                                       int64_t until, size_t others)
{
	own(close_arena) struct arena *a = arena_open();
	enum portvakt_verdict verdict = PORTVAKT_ERROR;
	bool fresh = c->pid == NOBODY || c->fresh;
	enum outcome went = put(c, a, question, share(until, others), &verdict);

	if (went == DIED && !fresh)
		went = put(c, a, question, share(until, others), &verdict);
	return went == ANSWERED ? verdict : PORTVAKT_ERROR;
}

void child_judge(struct child *c, const json_t *questions,
                 enum portvakt_verdict *verdicts)
{
	int64_t until = clock_monotonic_ms() + CHILD_DEADLINE_MS;
	size_t count = json_array_size(questions);

	(void)pthread_mutex_lock(&c->lock);
	for (size_t i = 0; i < count; i++)
		verdicts[i] = judge_one(c, json_array_get(questions, i), until,
		                        count - i - 1);
	(void)pthread_mutex_unlock(&c->lock);
}

long child_starts(struct child *c)
{
	(void)pthread_mutex_lock(&c->lock);
	long starts = c->starts;
	(void)pthread_mutex_unlock(&c->lock);
	return starts;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ipc_server.c: the serving side: access by uid, one thread per connection.  A
 * connection that must close is shut for reading: requests already queued are
 * served, later ones get EPIPE and the client repeats them. */
#include "region/answer.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/daemon.h"
#include "region/ask.h"
#include "region/asker.h"

enum {
	STACK = 1024 * 1024, /* only touched pages count */
	LAST_ANSWERS_S = 10, /* at shutdown, for requests in progress */
	SLOWEST_READER_S = 30,
	LONGEST_LINE = 4096,
	REST_EACH_MS = 30 * 1000,
	ROOM_MS = 20, /* wait for a connection to close */
};

struct server {
	int listening, ending;
	const char *name;
	const struct answer_row *rows;
	size_t row_count;
	int most;
	int64_t since;
	struct askers *askers;
	pthread_mutex_t lock; /* guards the fields below */
	pthread_cond_t fewer;
	struct link *links;
	int count;
};

/* A connection and its thread. */
struct link {
	struct server *server;
	struct link *next;
	int fd;
	uid_t asker;
	bool leaving;    /* shut for reading */
	bool busy;       /* a request is in progress */
	int64_t used_at; /* clock_monotonic_ms */
};

/* ---- requests that every process handles */

static bool answer_prepare(struct server *s, const struct question *q,
                           json_t **ret_answer, struct fault *why)
{
	struct region *now = snapshot_current();
	struct conf_complaints wrong = { .arena = q->arena };

	(void)s;
	if (!now)
		return fault(why, FAULT_UNAVAILABLE, "no configuration yet");
	const char *file = arena_copy(q->arena, now->file);

	region_release(now);
	if (!snapshot_prepare(file, why))
		return false;
	/* The prepared configuration is not accessible, so read its hash from
	 * the file. */
	struct region *next = region_read(q->arena, file, &wrong);

	if (!next)
		return fault(why, FAULT_INVALID, "%s changed while it was read",
		             file);
	*ret_answer = js_keep(q->arena, json_pack("{s:s}", "hash", next->hash));
	region_release(next);
	return true;
}

static bool answer_activate(struct server *s, const struct question *q,
                            json_t **ret_answer, struct fault *why)
{
	const char *hash = js_string(q->body, "hash");

	(void)s;
	if (!hash)
		return fault(why, FAULT_INVALID, "hash is missing");
	if (!snapshot_activate(hash, why))
		return false;
	*ret_answer = js_keep(q->arena, json_object());
	return true;
}

static bool answer_status(struct server *s, const struct question *q,
                          json_t **ret_answer, struct fault *why)
{
	struct region *now = snapshot_current();

	(void)why;
	(void)pthread_mutex_lock(&s->lock);
	int count = s->count;
	(void)pthread_mutex_unlock(&s->lock);
	*ret_answer = js_keep(
	    q->arena,
	    json_pack("{s:s, s:i, s:I, s:i}", "name", s->name, "pid", getpid(),
	              "since", (json_int_t)s->since, "connections", count));
	if (now)
		js_put(*ret_answer, "hash", now->hash);
	region_release(now);
	return true;
}

/* ---- one request */

static const struct common_row {
	enum kind_of_question kind;
	bool (*answer)(struct server *s, const struct question *q,
	               json_t **ret_answer, struct fault *why);
} common[] = {
	{ ASK_PREPARE, answer_prepare },
	{ ASK_ACTIVATE, answer_activate },
	{ ASK_STATUS, answer_status },
};

static const struct answer_row *row_for(const struct server *s, uint8_t kind)
{
	for (size_t i = 0; i < s->row_count; i++)
		if (s->rows[i].kind == kind)
			return &s->rows[i];
	return NULL;
}

/* Runs the handler with the configuration that the caller uses. */
static bool answer_by_row(const struct answer_row *row, struct question *q,
                          json_t **ret_answer, struct fault *why)
{
	const char *conf = js_string(q->body, "conf");
	bool free_of_conf = row->kind == ASK_DO;
	struct region *r =
	    free_of_conf ? snapshot_current() : snapshot_with(conf ? conf : "");

	if (!r && !free_of_conf)
		return fault(why, FAULT_UNAVAILABLE,
		             "the question's configuration is unknown here");
	q->region = r;
	bool good = row->answer(q, ret_answer, why);

	region_release(r);
	return good;
}

/* Requests that change something are for operators only. */
static bool is_for_operators(uint8_t kind)
{
	return kind == ASK_DO || kind == ASK_PREPARE || kind == ASK_ACTIVATE;
}

static bool find_answer(struct server *s, struct question *q, uint8_t kind,
                        json_t **ret_answer, struct fault *why)
{
	const struct answer_row *row = row_for(s, kind);

	if (is_for_operators(kind) && !asker_is_operator(q->asker))
		return fault(why, FAULT_REFUSED, "only operators ask that");
	if (row)
		return answer_by_row(row, q, ret_answer, why);
	for (size_t i = 0; i < LENGTH(common); i++)
		if (common[i].kind == kind)
			return common[i].answer(s, q, ret_answer, why);
	return fault(why, FAULT_REFUSED, "%s does not answer that", s->name);
}

static json_t *fault_to_json(struct arena *a, const struct fault *why)
{
	static const char *const words[] = {
		[FAULT_NONE] = "unavailable",
		[FAULT_INVALID] = "invalid",
		[FAULT_REFUSED] = "refused",
		[FAULT_UNAVAILABLE] = "unavailable",
	};
	json_t *body = js_keep(a, json_object());

	js_put(body, "fault", words[why->kind]);
	js_put(body, "reason", why->reason);
	/* Text that is not UTF-8 is omitted; the error's kind remains. */
	js_put(body, "text", why->text);
	return body;
}

void answer_line(const struct question *q, const char *format, ...)
{
	char line[LONGEST_LINE];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	own(release_json) json_t *body = json_object();

	js_put(body, "text", line);
	/* If the caller has closed, the command continues without output. */
	(void)!frame_send(q->fd, ASK_LINE, q->id, body, NULL);
}

/* Sends a command's last frame; on error its text goes before it as a line. */
static bool send_end(const struct question *q, bool good, const json_t *answer,
                     const struct fault *why)
{
	long long status = good ? js_number(answer, "status", 0) : 1;
	own(release_json) json_t *end =
	    json_pack("{s:I}", "status", (json_int_t)status);

	if (!good)
		answer_line(q, "%s", why->text);
	return frame_send(q->fd, ASK_END, q->id, end, NULL);
}

static bool answer_one(struct server *s, struct question *q, uint8_t kind)
{
	json_t *answer = NULL;
	struct fault why = { 0 };
	bool good = find_answer(s, q, kind, &answer, &why);

	assert(!good || answer || kind == ASK_DO);
	if (kind == ASK_DO)
		return send_end(q, good, answer, &why);
	if (good && frame_send(q->fd, kind | ASK_ANSWER, q->id, answer, &why))
		return true;
	if (good && why.kind != FAULT_INVALID)
		return false;
	return frame_send(q->fd, ASK_FAULT, q->id,
	                  fault_to_json(q->arena, &why), NULL);
}

/* ---- connections */

static void mark(struct link *l, bool busy)
{
	(void)pthread_mutex_lock(&l->server->lock);
	l->busy = busy;
	l->used_at = clock_monotonic_ms();
	(void)pthread_mutex_unlock(&l->server->lock);
}

static bool serve_one(struct link *l)
{
	struct question q = { .asker = l->asker, .fd = l->fd };
	json_t *body;
	uint8_t kind;
	bool good;

	q.arena = arena_open();
	good = frame_receive(q.arena, l->fd, -1, &kind, &q.id, &body, NULL);
	if (good) {
		mark(l, true);
		q.body = body;
		good = answer_one(l->server, &q, kind);
		mark(l, false);
	}
	arena_close(q.arena);
	return good;
}

static void link_remove(struct link *l)
{
	struct server *s = l->server;

	(void)pthread_mutex_lock(&s->lock);
	for (struct link **at = &s->links; *at; at = &(*at)->next) {
		if (*at == l) {
			*at = l->next;
			break;
		}
	}
	s->count--;
	(void)close(l->fd);
	(void)pthread_cond_signal(&s->fewer);
	(void)pthread_mutex_unlock(&s->lock);
	free(l);
}

static void *link_run(void *with)
{
	struct link *l = with;

	while (serve_one(l))
		continue;
	link_remove(l);
	return NULL;
}

static void link_leave(struct link *l)
{
	if (!l->leaving)
		(void)shutdown(l->fd, SHUT_RD);
	l->leaving = true;
}

/* Makes room for one more connection by closing the one idle longest.  Returns
 * false if all are busy; new ones then wait in the backlog. */
static bool make_room(struct server *s)
{
	struct timespec until;
	struct link *idlest = NULL;

	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += ROOM_MS * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	(void)pthread_mutex_lock(&s->lock);
	for (struct link *l = s->links; l; l = l->next)
		if (!l->busy && !l->leaving &&
		    (!idlest || l->used_at < idlest->used_at))
			idlest = l;
	if (s->count >= s->most && idlest)
		link_leave(idlest);
	if (s->count >= s->most)
		(void)pthread_cond_timedwait(&s->fewer, &s->lock, &until);
	bool room = s->count < s->most;
	(void)pthread_mutex_unlock(&s->lock);
	return room;
}

static bool start_thread(void *(*run)(void *), void *with)
{
	pthread_attr_t how;
	pthread_t thread;

	(void)pthread_attr_init(&how);
	(void)pthread_attr_setstacksize(&how, STACK);
	(void)pthread_attr_setdetachstate(&how, PTHREAD_CREATE_DETACHED);
	bool started = pthread_create(&thread, &how, run, with) == 0;

	(void)pthread_attr_destroy(&how);
	return started;
}

static void link_add(struct server *s, int fd, uid_t asker)
{
	const struct timeval most = { .tv_sec = SLOWEST_READER_S };
	struct link *l = calloc(1, sizeof(*l));

	if (!l)
		abort();
	*l = (struct link){ .server = s,
		            .fd = fd,
		            .asker = asker,
		            .used_at = clock_monotonic_ms() };
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &most, sizeof(most));
	(void)pthread_mutex_lock(&s->lock);
	l->next = s->links;
	s->links = l;
	s->count++;
	(void)pthread_mutex_unlock(&s->lock);
	if (!start_thread(link_run, l))
		link_remove(l);
}

static void accept_one(struct server *s)
{
	uid_t asker;

	if (!make_room(s))
		return;
	int fd = accept4(s->listening, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	if (asker_is_known(s->askers, fd, &asker))
		link_add(s, fd, asker);
	else
		(void)close(fd);
}

/* Accepts connections until stop_fd (-1: never) is readable. */
static void accept_all(struct server *s, int ending)
{
	struct pollfd waits[] = {
		{ .fd = s->listening, .events = POLLIN },
		{ .fd = ending, .events = POLLIN },
	};

	for (;;) {
		int heard = poll(waits, LENGTH(waits), REST_EACH_MS);

		if (heard < 0 && errno != EINTR)
			abort();
		if (heard == 0)
			daemon_rest();
		if (waits[1].revents)
			return;
		if (waits[0].revents)
			accept_one(s);
		waits[0].revents = waits[1].revents = 0;
	}
}

static void finish(struct server *s)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += LAST_ANSWERS_S;
	(void)pthread_mutex_lock(&s->lock);
	for (struct link *l = s->links; l; l = l->next)
		link_leave(l);
	while (s->count > 0)
		if (pthread_cond_timedwait(&s->fewer, &s->lock, &until) != 0)
			break;
	(void)pthread_mutex_unlock(&s->lock);
}

static struct server *server_new(int listening, const char *name,
                                 const struct answer_row *rows,
                                 size_t row_count, int most)
{
	struct server *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	assert(most > 0);
	*s = (struct server){ .listening = listening,
		              .name = name,
		              .rows = rows,
		              .row_count = row_count,
		              .most = most,
		              .since = clock_now() };
	(void)pthread_mutex_init(&s->lock, NULL);
	(void)pthread_cond_init(&s->fewer, NULL);
	s->askers = askers_open(name);
	return s;
}

static void server_free(struct server *s)
{
	askers_close(s->askers);
	free(s);
}

void answer_serve(int listening, const char *name,
                  const struct answer_row *rows, size_t row_count, int most)
{
	struct server *s = server_new(listening, name, rows, row_count, most);
	sigset_t ends;

	daemon_signals();
	(void)sigemptyset(&ends);
	(void)sigaddset(&ends, SIGTERM);
	(void)sigaddset(&ends, SIGINT);
	int ending = signalfd(-1, &ends, SFD_CLOEXEC);

	if (ending < 0)
		abort();
	accept_all(s, ending);
	finish(s);
	(void)close(ending);
	/* A thread that exceeded the timeout may still use it. */
	if (s->count == 0)
		server_free(s);
}

static void *serve_behind(void *with)
{
	struct server *s = with;

	accept_all(s, s->ending);
	return NULL;
}

bool answer_start(int listening, int ending, const char *name,
                  const struct answer_row *rows, size_t row_count, int most,
                  struct fault *why)
{
	struct server *s = server_new(listening, name, rows, row_count, most);

	s->ending = ending;
	if (start_thread(serve_behind, s))
		return true;
	server_free(s);
	return fault(why, FAULT_UNAVAILABLE, "no thread for %s", name);
}

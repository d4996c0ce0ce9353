/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ipc_server.c: the serving side: access by uid, one thread per connection.  A
 * connection that must close is shut for reading: requests already queued are
 * served, later ones get EPIPE and the client repeats them. */
#include "region/ipc/ipc_server.h"

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
#include "lib/escape.h"
#include "lib/log.h"
#include "lib/process/accept.h"
#include "lib/process/daemon.h"
#include "lib/thread/timed_wait.h"
#include "region/accepted/accepted.h"
#include "region/ipc/ipc_acl.h"
#include "region/ipc/ipc_client.h"

enum {
	THREAD_STACK_BYTES = 1024 * 1024, /* only touched pages count */
	DRAIN_TIMEOUT_MS =
	    10 * 1000, /* at shutdown, for requests in progress */
	SEND_TIMEOUT_S = 30,
	MAX_LINE_BYTES = 4096,
	IDLE_TRIM_INTERVAL_MS = 30 * 1000,
	ROOM_WAIT_MS = 20, /* wait for a connection to close */
};

struct ipc_server {
	int listen_fd, stop_fd;
	const char *name;
	struct ipc_handlers handlers;
	int max_connections;
	int64_t started_at;
	struct ipc_acl *acl;
	struct accept_state accept; /* of the accepting thread */
	pthread_mutex_t lock;       /* guards the fields below */
	pthread_cond_t connection_closed;
	struct ipc_connection *connections;
	int connection_count;
};

/* A connection and its thread. */
struct ipc_connection {
	struct ipc_server *server;
	struct ipc_connection *next;
	int fd;
	uid_t peer_uid;
	bool half_closed;     /* shut for reading */
	bool busy;            /* a request is in progress */
	int64_t last_used_ms; /* clock_monotonic_ms */
};

/* ---- requests that every process handles */

static struct ipc_config_hooks config_hooks;

void ipc_set_config_hooks(const struct ipc_config_hooks *hooks)
{
	config_hooks = *hooks;
}

/* Returns what to prepare. A process that was started alone has read the files
 * and no copy. */
static const char *ipc_config_path(struct arena *a, const struct config *cfg,
                                   const char *hash)
{
	const char *store = accepted_store_of(a, cfg);

	if (!store || !hash || hash[strspn(hash, "0123456789abcdef")])
		return cfg->file;
	return accepted_copy(a, store, hash);
}

static bool ipc_serve_config_prepare(
    const struct ipc_request *q, const struct config_prepare_request *request,
    struct config_prepare_reply *reply, struct error *err)
{
	struct conf_errors wrong = { .arena = q->arena };

	if (!q->cfg)
		return error_set(err, ERROR_UNAVAILABLE,
		                 "configuration is not loaded yet");
	const char *path = ipc_config_path(q->arena, q->cfg, request->hash);

	if (!config_prepare(path, err))
		return false;
	/* The prepared configuration is not accessible, so read its hash from
	 * the file. */
	struct config *next = config_load(q->arena, path, &wrong);

	if (!next)
		return error_set(err, ERROR_INVALID,
		                 "%s changed while it was read", path);
	reply->hash = arena_strdup(q->arena, next->hash);
	bool good = !config_hooks.prepared || config_hooks.prepared(next, err);

	config_unref(next);
	return good;
}

static bool ipc_serve_config_activate(
    const struct ipc_request *q, const struct config_activate_request *request,
    struct config_activate_reply *reply, struct error *err)
{
	(void)q, (void)reply;
	if (!config_activate(request->hash, err))
		return false;
	struct config *active = config_current();

	if (config_hooks.activated)
		config_hooks.activated(active);
	config_unref(active);
	return true;
}

static bool ipc_serve_status(const struct ipc_request *q,
                             const struct status_request *request,
                             struct status_reply *reply, struct error *err)
{
	struct ipc_server *s = q->server;

	(void)request, (void)err;
	(void)pthread_mutex_lock(&s->lock);
	reply->connections = s->connection_count;
	(void)pthread_mutex_unlock(&s->lock);
	reply->name = s->name;
	reply->pid = getpid();
	reply->since = s->started_at;
	reply->hash = q->cfg ? q->cfg->hash : NULL;
	return true;
}

/* ---- one request */

/* Runs the handler with the configuration that the caller uses. */
static bool ipc_run_handler(struct ipc_request *q, uint8_t type,
                            const char *conf, const json_t *body,
                            json_t **ret_reply, struct error *err)
{
	const struct ipc_message *m = ipc_message_find(type);
	bool any = m && m->any_configuration;
	struct config *cfg =
	    any ? config_current() : config_by_hash(conf ? conf : "");

	if (!cfg && !any)
		return error_set(err, ERROR_UNAVAILABLE,
		                 "configuration of the request is not loaded "
		                 "in this process");
	q->cfg = cfg;
	bool good = ipc_message_serve(&q->server->handlers, q, type, body,
	                              ret_reply, err);

	config_unref(cfg);
	return good;
}

static bool ipc_dispatch(struct ipc_request *q, uint8_t type, json_t *body,
                         json_t **ret_reply, struct error *err)
{
	struct ipc_envelope envelope;

	if (!ipc_envelope_take(q->arena, body, &envelope, err))
		return false;
	if (!ipc_acl_may_send(q->peer_uid, type))
		return error_set(err, ERROR_REFUSED,
		                 "request is for operators only");
	log_request_set(envelope.request_id);
	bool good =
	    ipc_run_handler(q, type, envelope.conf, body, ret_reply, err);

	log_request_clear();
	return good;
}

/* Sends a frame whose body was written, or not. */
static bool ipc_send_frame(const struct ipc_request *q, uint8_t type,
                           json_t *body, struct error *err)
{
	bool sent = body && ipc_frame_send(q->fd, type, q->id, body, err);

	json_decref(body);
	return sent;
}

static bool ipc_send_error(const struct ipc_request *q, const struct error *err)
{
	static const enum error_fault faults[] = {
		[ERROR_NONE] = ERROR_FAULT_UNAVAILABLE,
		[ERROR_INVALID] = ERROR_FAULT_INVALID,
		[ERROR_REFUSED] = ERROR_FAULT_REFUSED,
		[ERROR_UNAVAILABLE] = ERROR_FAULT_UNAVAILABLE,
	};
	const struct error_frame frame = {
		.fault = faults[err->kind],
		.reason = err->reason,
		.text = escape_string(q->arena, escape_utf8, err->text),
	};
	json_t *body = NULL;

	(void)!error_frame_write(&frame, &body, NULL);
	return ipc_send_frame(q, IPC_ERROR, body, NULL);
}

void ipc_reply_line(const struct ipc_request *q, const char *format, ...)
{
	char line[MAX_LINE_BYTES + 2]; /* with the first byte that is cut */
	va_list args;

	va_start(args, format);
	(void)vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	text_truncate(line, MAX_LINE_BYTES);
	const struct command_line_frame frame = {
		.text = escape_string(q->arena, escape_utf8, line)
	};
	json_t *body = NULL;

	(void)!command_line_frame_write(&frame, &body, NULL);
	/* If the caller has closed, the command continues without output. */
	(void)!ipc_send_frame(q, IPC_COMMAND_LINE, body, NULL);
}

bool ipc_reply_end(const struct ipc_request *q, bool good,
                   const struct error *err)
{
	const struct command_end_frame frame = { .status = good ? 0 : 1 };
	json_t *body = NULL;

	if (!good)
		ipc_reply_line(q, "%s", err->text);
	(void)!command_end_frame_write(&frame, &body, NULL);
	return ipc_send_frame(q, IPC_COMMAND_END, body, NULL);
}

static bool ipc_serve_request(struct ipc_request *q, uint8_t type, json_t *body)
{
	json_t *reply = NULL;
	struct error err = { 0 };
	bool good = ipc_dispatch(q, type, body, &reply, &err);

	assert(!good || reply || type == IPC_COMMAND);
	if (type == IPC_COMMAND)
		return ipc_reply_end(q, good, &err);
	if (good && ipc_frame_send(q->fd, type | IPC_REPLY, q->id, reply, &err))
		return true;
	if (good && err.kind != ERROR_INVALID)
		return false;
	return ipc_send_error(q, &err);
}

/* ---- connections */

static void ipc_conn_set_busy(struct ipc_connection *conn, bool busy)
{
	(void)pthread_mutex_lock(&conn->server->lock);
	conn->busy = busy;
	conn->last_used_ms = clock_monotonic_ms();
	(void)pthread_mutex_unlock(&conn->server->lock);
}

static bool ipc_conn_serve_one(struct ipc_connection *conn)
{
	struct ipc_request q = { .peer_uid = conn->peer_uid,
		                 .fd = conn->fd,
		                 .server = conn->server };
	json_t *body;
	uint8_t type;
	bool good;

	q.arena = arena_open();
	good =
	    ipc_frame_receive(q.arena, conn->fd, -1, &type, &q.id, &body, NULL);
	if (good) {
		ipc_conn_set_busy(conn, true);
		good = ipc_serve_request(&q, type, body);
		ipc_conn_set_busy(conn, false);
	}
	arena_close(q.arena);
	return good;
}

static void ipc_conn_remove(struct ipc_connection *conn)
{
	struct ipc_server *s = conn->server;

	(void)pthread_mutex_lock(&s->lock);
	for (struct ipc_connection **at = &s->connections; *at;
	     at = &(*at)->next) {
		if (*at == conn) {
			*at = conn->next;
			break;
		}
	}
	s->connection_count--;
	(void)close(conn->fd);
	(void)pthread_cond_signal(&s->connection_closed);
	(void)pthread_mutex_unlock(&s->lock);
	free(conn);
}

static void *ipc_conn_run(void *data)
{
	struct ipc_connection *conn = data;

	while (ipc_conn_serve_one(conn))
		continue;
	ipc_conn_remove(conn);
	return NULL;
}

static void ipc_conn_half_close(struct ipc_connection *conn)
{
	if (!conn->half_closed)
		(void)shutdown(conn->fd, SHUT_RD);
	conn->half_closed = true;
}

/* Makes room for one more connection by closing the one idle longest.  Returns
 * false if all are busy; new ones then wait in the backlog. */
static bool ipc_make_room(struct ipc_server *s)
{
	struct timespec deadline = timed_wait_end(ROOM_WAIT_MS);
	struct ipc_connection *idlest = NULL;

	(void)pthread_mutex_lock(&s->lock);
	for (struct ipc_connection *conn = s->connections; conn;
	     conn = conn->next)
		if (!conn->busy && !conn->half_closed &&
		    (!idlest || conn->last_used_ms < idlest->last_used_ms))
			idlest = conn;
	if (s->connection_count >= s->max_connections && idlest)
		ipc_conn_half_close(idlest);
	if (s->connection_count >= s->max_connections)
		(void)pthread_cond_timedwait(&s->connection_closed, &s->lock,
		                             &deadline);
	bool has_room = s->connection_count < s->max_connections;
	(void)pthread_mutex_unlock(&s->lock);
	return has_room;
}

static bool ipc_start_thread(void *(*run)(void *), void *data)
{
	pthread_attr_t attr;
	pthread_t thread;

	(void)pthread_attr_init(&attr);
	(void)pthread_attr_setstacksize(&attr, THREAD_STACK_BYTES);
	(void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	bool started = pthread_create(&thread, &attr, run, data) == 0;

	(void)pthread_attr_destroy(&attr);
	return started;
}

static void ipc_conn_add(struct ipc_server *s, int fd, uid_t peer_uid)
{
	const struct timeval timeout = { .tv_sec = SEND_TIMEOUT_S };
	struct ipc_connection *conn = calloc(1, sizeof(*conn));

	if (!conn)
		abort();
	*conn = (struct ipc_connection){ .server = s,
		                         .fd = fd,
		                         .peer_uid = peer_uid,
		                         .last_used_ms = clock_monotonic_ms() };
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout,
	                 sizeof(timeout));
	(void)pthread_mutex_lock(&s->lock);
	conn->next = s->connections;
	s->connections = conn;
	s->connection_count++;
	(void)pthread_mutex_unlock(&s->lock);
	/* At its limit of memory or threads, as when an allocation fails: the
	 * supervisor starts the process again. */
	if (!ipc_start_thread(ipc_conn_run, conn))
		abort();
}

static void ipc_accept_one(struct ipc_server *s)
{
	uid_t peer_uid;

	if (!ipc_make_room(s))
		return;
	int fd = accept_client(s->listen_fd, &s->accept);

	if (fd < 0)
		return;
	if (ipc_acl_check_peer(s->acl, fd, &peer_uid))
		ipc_conn_add(s, fd, peer_uid);
	else
		(void)close(fd);
}

/* Accepts connections until stop_fd (-1: never) is readable. */
static void ipc_accept_loop(struct ipc_server *s, int stop_fd)
{
	struct pollfd fds[] = {
		{ .fd = s->listen_fd, .events = POLLIN },
		{ .fd = stop_fd, .events = POLLIN },
	};

	for (;;) {
		int ready = poll(fds, LENGTH(fds), IDLE_TRIM_INTERVAL_MS);

		if (ready < 0 && errno != EINTR)
			abort();
		if (ready == 0)
			daemon_trim_heap();
		if (fds[1].revents)
			return;
		if (fds[0].revents)
			ipc_accept_one(s);
		fds[0].revents = fds[1].revents = 0;
	}
}

static void ipc_drain(struct ipc_server *s)
{
	struct timespec deadline = timed_wait_end(DRAIN_TIMEOUT_MS);

	(void)pthread_mutex_lock(&s->lock);
	for (struct ipc_connection *conn = s->connections; conn;
	     conn = conn->next)
		ipc_conn_half_close(conn);
	while (s->connection_count > 0)
		if (pthread_cond_timedwait(&s->connection_closed, &s->lock,
		                           &deadline) != 0)
			break;
	(void)pthread_mutex_unlock(&s->lock);
}

static struct ipc_server *ipc_server_new(int listen_fd, const char *name,
                                         const struct ipc_handlers *handlers,
                                         int max_connections)
{
	struct ipc_server *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	assert(max_connections > 0);
	*s = (struct ipc_server){ .listen_fd = listen_fd,
		                  .name = name,
		                  .max_connections = max_connections,
		                  .started_at = clock_now() };
	if (handlers)
		s->handlers = *handlers;
	s->handlers.config_prepare = ipc_serve_config_prepare;
	s->handlers.config_activate = ipc_serve_config_activate;
	s->handlers.status = ipc_serve_status;
	(void)pthread_mutex_init(&s->lock, NULL);
	timed_wait_init(&s->connection_closed);
	s->acl = ipc_acl_open(name);
	return s;
}

static void ipc_server_free(struct ipc_server *s)
{
	ipc_acl_close(s->acl);
	free(s);
}

void ipc_serve(int listen_fd, const char *name,
               const struct ipc_handlers *handlers, int max_connections)
{
	struct ipc_server *s =
	    ipc_server_new(listen_fd, name, handlers, max_connections);
	sigset_t stop_signals;

	daemon_block_signals();
	(void)sigemptyset(&stop_signals);
	(void)sigaddset(&stop_signals, SIGTERM);
	(void)sigaddset(&stop_signals, SIGINT);
	int stop_fd = signalfd(-1, &stop_signals, SFD_CLOEXEC);

	if (stop_fd < 0)
		abort();
	ipc_accept_loop(s, stop_fd);
	ipc_drain(s);
	(void)close(stop_fd);
	/* A thread that exceeded the timeout may still use it. */
	if (s->connection_count == 0)
		ipc_server_free(s);
}

static void *ipc_background_thread(void *data)
{
	struct ipc_server *s = data;

	ipc_accept_loop(s, s->stop_fd);
	return NULL;
}

bool ipc_serve_background(int listen_fd, int stop_fd, const char *name,
                          const struct ipc_handlers *handlers,
                          int max_connections, struct error *err)
{
	struct ipc_server *s =
	    ipc_server_new(listen_fd, name, handlers, max_connections);

	s->stop_fd = stop_fd;
	if (ipc_start_thread(ipc_background_thread, s))
		return true;
	ipc_server_free(s);
	return error_set(err, ERROR_UNAVAILABLE, "cannot start a thread for %s",
	                 name);
}

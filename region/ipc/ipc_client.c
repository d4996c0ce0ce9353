/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ipc_client.c: the calling side.  A connection carries one request at a time
 * and is closed unless its reply arrived, so that a late reply cannot be taken
 * for the next one. */
#include "region/ipc/ipc_client.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/strbuf.h"
#include "region/ipc/ipc_queue.h"

enum { CONFIG_HASH_DIGITS = 16, TIMEOUT_SLACK_MS = 5, SEND_TIMEOUT_MS = 500 };

struct ipc_slot {
	int fd; /* -1: not connected */
	bool in_use;
};

struct ipc_client {
	char *path;
	int slot_count;
	int deadline_ms;
	pthread_mutex_t lock; /* guards the fields below */
	uint64_t last_id;
	struct ipc_queue queue;
	struct ipc_slot slots[];
};

/* The outcome of one attempt. */
enum ipc_call_outcome {
	CALL_FAILED = 0,  /* the connection cannot be used again */
	CALL_REPLIED,     /* with a reply or an error reply */
	CALL_NOT_SENT,    /* not a byte was sent */
	CALL_PEER_CLOSED, /* sent, then the peer closed */
};

static void *ipc_require_memory(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

struct ipc_client *ipc_client_open(const char *path, int slots, int deadline_ms)
{
	assert(slots > 0);
	struct ipc_client *client = ipc_require_memory(calloc(
	    1, sizeof(*client) + (size_t)slots * sizeof(struct ipc_slot)));

	client->path = ipc_require_memory(strdup(path));
	client->slot_count = slots;
	client->deadline_ms = deadline_ms;
	(void)pthread_mutex_init(&client->lock, NULL);
	for (int i = 0; i < slots; i++)
		client->slots[i].fd = -1;
	return client;
}

void ipc_client_set_queue(struct ipc_client *client, int max, int stall_ms,
                          int wait_ms)
{
	client->queue = (struct ipc_queue){ .max = max,
		                            .stall_ms = stall_ms,
		                            .wait_ms = wait_ms };
}

static void ipc_slot_close(struct ipc_slot *s)
{
	if (s->fd >= 0)
		(void)close(s->fd);
	s->fd = -1;
}

void ipc_client_close(struct ipc_client *client)
{
	if (!client)
		return;
	for (int i = 0; i < client->slot_count; i++)
		ipc_slot_close(&client->slots[i]);
	(void)pthread_mutex_destroy(&client->lock);
	free(client->path);
	free(client);
}

/* Returns a free slot, preferably a connected one; NULL if all are in use. */
static struct ipc_slot *ipc_slot_find_free(struct ipc_client *client)
{
	struct ipc_slot *found = NULL;

	for (int i = 0; i < client->slot_count; i++) {
		struct ipc_slot *s = &client->slots[i];

		if (!s->in_use && (!found || (found->fd < 0 && s->fd >= 0)))
			found = s;
	}
	if (found)
		found->in_use = true;
	return found;
}

static struct ipc_slot *ipc_slot_acquire(struct ipc_client *client,
                                         uint64_t *ret_id)
{
	(void)pthread_mutex_lock(&client->lock);
	struct ipc_slot *found = ipc_slot_find_free(client);

	if (!found)
		found = ipc_queue_wait(&client->queue, &client->lock);
	if (found)
		*ret_id = ++client->last_id;
	(void)pthread_mutex_unlock(&client->lock);
	return found;
}

/* Hands the slot over to the next call that waits. */
static void ipc_slot_release(struct ipc_client *client, struct ipc_slot *s,
                             bool succeeded)
{
	(void)pthread_mutex_lock(&client->lock);
	if (succeeded)
		ipc_queue_progress(&client->queue);
	if (!ipc_queue_grant(&client->queue, s))
		s->in_use = false;
	(void)pthread_mutex_unlock(&client->lock);
}

static bool ipc_connect(const char *path, int deadline_ms, int *ret_fd,
                        struct error *err)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	const struct timeval timeout = {
		.tv_sec = deadline_ms / 1000,
		.tv_usec = deadline_ms % 1000 * 1000,
	};

	if (strlen(path) >= sizeof(to.sun_path))
		return error_set(err, ERROR_INVALID,
		                 "socket path is too long: %s", path);
	(void)memcpy(to.sun_path, path, strlen(path) + 1);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return error_set(err, ERROR_UNAVAILABLE,
		                 "cannot create socket: %s", strerror(errno));
	/* connect() blocks this long at most if the peer's backlog is full. */
	if (deadline_ms > 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout,
		                 sizeof(timeout));
	if (connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0) {
		*ret_fd = fd;
		return true;
	}
	(void)error_set(err, ERROR_UNAVAILABLE, "cannot connect to %s: %s",
	                path, strerror(errno));
	(void)close(fd);
	return false;
}

/* A closed peer is detected when sending: nothing was sent, so the request is
 * sent again. */
static bool ipc_slot_connect(const struct ipc_client *client,
                             struct ipc_slot *s, int remaining_ms,
                             struct error *err)
{
	if (s->fd >= 0)
		return true;
	if (!ipc_connect(client->path, remaining_ms, &s->fd, err))
		return false;
	const struct timeval timeout = {
		.tv_sec = client->deadline_ms / 1000,
		.tv_usec = client->deadline_ms % 1000 * 1000,
	};

	(void)setsockopt(s->fd, SOL_SOCKET, SO_RCVTIMEO, &timeout,
	                 sizeof(timeout));
	return true;
}

struct ipc_pending_call {
	enum ipc_message_type type;
	uint64_t id;
	const json_t *request;
	int64_t deadline;
};

static int ipc_remaining_ms(const struct ipc_pending_call *p)
{
	int64_t remaining = p->deadline - clock_monotonic_ms();

	return remaining > 0 ? (int)remaining : 0;
}

/* Returns -1 where the socket's own timeout, the whole deadline, will do. */
static int ipc_receive_timeout(const struct ipc_client *client,
                               const struct ipc_pending_call *p)
{
	int remaining = ipc_remaining_ms(p);

	return remaining >= client->deadline_ms - TIMEOUT_SLACK_MS ? -1
	                                                           : remaining;
}

/* Returns the static string of reasons.def; a string in the frame is freed with
 * it. */
static const char *intern_reason(const char *reason)
{
	static const char *const reasons[] = {
#define REASON(word, status) word,
#include "region/config/reasons.def"
#undef REASON
	};

	for (size_t i = 0; reason && i < LENGTH(reasons); i++)
		if (text_equal(reason, reasons[i]))
			return reasons[i];
	return NULL;
}

static bool read_error_frame(struct arena *a, const json_t *body,
                             struct error *err)
{
	static const enum error_kind kinds[] = {
		[ERROR_FAULT_NONE] = ERROR_UNAVAILABLE,
		[ERROR_FAULT_INVALID] = ERROR_INVALID,
		[ERROR_FAULT_REFUSED] = ERROR_REFUSED,
		[ERROR_FAULT_UNAVAILABLE] = ERROR_UNAVAILABLE,
	};
	struct error_frame frame;

	if (!error_frame_read(a, body, &frame, err)) {
		if (err)
			err->kind = ERROR_UNAVAILABLE;
		return false;
	}
	return error_set_reason(
	    err, kinds[frame.fault], intern_reason(frame.reason), "%s",
	    frame.text ? frame.text : "error reply has no text");
}

static enum ipc_call_outcome ipc_call_once(const struct ipc_client *client,
                                           struct arena *a, struct ipc_slot *s,
                                           const struct ipc_pending_call *p,
                                           json_t **ret_reply,
                                           struct error *err)
{
	uint8_t type;
	uint64_t id;
	json_t *body;

	if (!ipc_slot_connect(client, s, ipc_remaining_ms(p), err))
		return CALL_FAILED;
	if (!ipc_frame_send(s->fd, (uint8_t)p->type, p->id, p->request, err))
		return err->kind == ERROR_INVALID ? CALL_FAILED : CALL_NOT_SENT;
	if (!ipc_frame_receive(a, s->fd, ipc_receive_timeout(client, p), &type,
	                       &id, &body, err))
		return text_equal(err->text, "closed") ? CALL_PEER_CLOSED
		                                       : CALL_FAILED;
	if (id == p->id && type == (p->type | IPC_REPLY)) {
		*ret_reply = body;
		return CALL_REPLIED;
	}
	if (id == p->id && type == IPC_ERROR) {
		(void)read_error_frame(a, body, err);
		*ret_reply = NULL;
		return CALL_REPLIED;
	}
	(void)error_set(err, ERROR_UNAVAILABLE, "unexpected reply from %s",
	                client->path);
	return CALL_FAILED;
}

/* Requests that change nothing: if the peer closes without a reply, they are
 * sent again to the process that replaces it. */
static bool ipc_is_idempotent(enum ipc_message_type type)
{
	const struct ipc_message *m = ipc_message_find(type);

	return m && m->is_idempotent;
}

/* Repeats a failed first attempt if that is safe, within the deadline. */
static bool ipc_call_with_retry(const struct ipc_client *client,
                                struct arena *a, struct ipc_slot *s,
                                const struct ipc_pending_call *p,
                                json_t **ret_reply, struct error *err)
{
	json_t *reply = NULL;
	struct error inner = { 0 };
	enum ipc_call_outcome outcome =
	    ipc_call_once(client, a, s, p, &reply, &inner);

	if (outcome == CALL_NOT_SENT ||
	    (outcome == CALL_PEER_CLOSED && ipc_is_idempotent(p->type))) {
		ipc_slot_close(s);
		outcome = ipc_call_once(client, a, s, p, &reply, &inner);
	}
	if (outcome != CALL_REPLIED)
		ipc_slot_close(s);
	if (outcome == CALL_REPLIED && reply) {
		*ret_reply = reply;
		return true;
	}
	if (err)
		*err = inner;
	return false;
}

static void ipc_set_request_id(json_t *request)
{
	(void)json_object_del(request, "request");
	js_set_string(request, "request", log_request_get());
}

bool ipc_call(struct ipc_client *client, struct arena *a,
              enum ipc_message_type type, const char *config_hash,
              json_t *request, json_t **ret_reply, struct error *err)
{
	struct ipc_pending_call p = { .type = type, .request = request };
	struct ipc_slot *s = ipc_slot_acquire(client, &p.id);

	if (!s)
		return error_set_reason(err, ERROR_UNAVAILABLE, "overloaded",
		                        "too many concurrent requests to %s",
		                        client->path);
	p.deadline = clock_monotonic_ms() + client->deadline_ms;
	if (config_hash)
		(void)json_object_set_new(
		    request, "conf",
		    json_stringn(config_hash,
		                 strnlen(config_hash, CONFIG_HASH_DIGITS)));
	ipc_set_request_id(request);
	bool replied = ipc_call_with_retry(client, a, s, &p, ret_reply, err);

	ipc_slot_release(client, s, replied);
	return replied;
}

bool ipc_call_message(struct ipc_client *client, struct arena *a, unsigned type,
                      const char *config_hash, const void *request,
                      void *ret_reply, struct error *err)
{
	const struct ipc_message *m = ipc_message_find(type);
	/* Released at once: it may have a password. */
	own(release_json) json_t *body = NULL;
	json_t *reply = NULL;

	if (!ipc_fields_write(m->request, request, &body, err) ||
	    !ipc_call(client, a, (enum ipc_message_type)type, config_hash, body,
	              &reply, err))
		return false;
	void *read = ret_reply ? ret_reply : arena_alloc(a, m->reply->size);

	if (ipc_fields_read(a, reply, m->reply, read, err))
		return true;
	if (err)
		err->kind = ERROR_UNAVAILABLE;
	return false;
}

static bool ipc_read_command_line(struct arena *a, const json_t *body,
                                  void (*each)(const char *line, void *data),
                                  void *data, struct error *err)
{
	struct command_line_frame line;

	if (!command_line_frame_read(a, body, &line, err))
		return false;
	each(line.text, data);
	return true;
}

static bool ipc_read_command_end(struct arena *a, const json_t *body,
                                 struct error *err)
{
	struct command_end_frame end;

	return command_end_frame_read(a, body, &end, err) &&
	       (end.status == 0 || error_set(err, ERROR_REFUSED, "%s", ""));
}

/* Receives one frame of the reply to IPC_COMMAND; *ret_end: it was the last. */
static bool ipc_read_command_frame(int fd, int deadline_ms,
                                   void (*each)(const char *line, void *data),
                                   void *data, bool *ret_end, struct error *err)
{
	struct arena *a = arena_open();
	uint8_t type = 0;
	uint64_t id;
	json_t *body = NULL;
	bool good =
	    ipc_frame_receive(a, fd, deadline_ms, &type, &id, &body, err);

	if (good && type == IPC_ERROR)
		good = read_error_frame(a, body, err);
	else if (good && type == IPC_COMMAND_END)
		good = ipc_read_command_end(a, body, err);
	else if (good && type == IPC_COMMAND_LINE)
		good = ipc_read_command_line(a, body, each, data, err);
	else if (good)
		good = error_set(err, ERROR_INVALID, "unexpected reply type");
	*ret_end = !good || type == IPC_COMMAND_END;
	arena_close(a);
	return good;
}

static bool ipc_send_command(int fd, char **args, struct error *err)
{
	struct command_request request = { .args = (const char *const *)args };
	own(release_json) json_t *body = NULL;

	while (args[request.args_count])
		request.args_count++;
	if (!command_request_write(&request, &body, err))
		return false;
	ipc_set_request_id(body);
	return ipc_frame_send(fd, IPC_COMMAND, 1, body, err);
}

bool ipc_command(const char *path, int deadline_ms, char **args,
                 void (*each)(const char *line, void *data), void *data,
                 struct error *err)
{
	bool ended = false, good;
	int fd;

	if (!ipc_connect(path, deadline_ms, &fd, err))
		return false;
	good = ipc_send_command(fd, args, err);
	while (good && !ended)
		good = ipc_read_command_frame(fd, deadline_ms, each, data,
		                              &ended, err);
	(void)close(fd);
	return good;
}

bool ipc_send(const char *path, enum ipc_message_type type, json_t *request,
              struct error *err)
{
	int fd;

	if (!ipc_connect(path, SEND_TIMEOUT_MS, &fd, err))
		return false;
	bool sent = ipc_frame_send(fd, (uint8_t)type, 1, request, err);

	(void)close(fd);
	return sent;
}

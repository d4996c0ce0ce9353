/* SPDX-License-Identifier: AGPL-3.0-or-later
 * redis_conn.c: Redis connections over hiredis.  One per thread, because a
 * redisContext is not thread-safe; closed on any error, because a late reply
 * would be taken for that of the next command.  Replies are read here and not
 * by hiredis, so that a second and a maximum size apply to the whole reply. */
#include "region/redis/redis_conn.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <hiredis/hiredis.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/strbuf.h"

enum {
	COMMAND_MS = 1000,
	MAX_REPLY_BYTES = 8 * 1024 * 1024,
	MAX_COMMAND_ARGS = 24,
	READ_CHUNK_BYTES = 4 * 1024,
};

struct store_conn {
	struct store_conns *conns;
	struct store_conn *next;
	redisContext *context; /* NULL: not connected */
	char *address;         /* it is connected to */
};

struct store_conns {
	pthread_key_t thread_key; /* this thread's struct store_conn */
	pthread_mutex_t lock;     /* guards all */
	struct store_conn *all;
};

static void *store_require_memory(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

DEFINE_CLEANUP(release_reply, redisReply *, freeReplyObject)

static void store_conn_disconnect(struct store_conn *conn)
{
	if (conn->context)
		redisFree(conn->context);
	free(conn->address);
	conn->context = NULL;
	conn->address = NULL;
}

/* Destructor of the thread key. */
static void store_conn_free(void *conn_ptr)
{
	struct store_conn *conn = conn_ptr;
	struct store_conns *conns = conn->conns;

	(void)pthread_mutex_lock(&conns->lock);
	for (struct store_conn **at = &conns->all; *at; at = &(*at)->next) {
		if (*at == conn) {
			*at = conn->next;
			break;
		}
	}
	(void)pthread_mutex_unlock(&conns->lock);
	store_conn_disconnect(conn);
	free(conn);
}

struct store_conns *store_conns_open(void)
{
	struct store_conns *conns =
	    store_require_memory(calloc(1, sizeof(*conns)));

	(void)pthread_mutex_init(&conns->lock, NULL);
	if (pthread_key_create(&conns->thread_key, store_conn_free) != 0)
		abort();
	return conns;
}

void store_conns_close(struct store_conns *conns)
{
	if (!conns)
		return;
	(void)pthread_key_delete(conns->thread_key);
	while (conns->all)
		store_conn_free(conns->all);
	(void)pthread_mutex_destroy(&conns->lock);
	free(conns);
}

static struct store_conn *store_conn_of_thread(struct store_conns *conns)
{
	struct store_conn *conn = pthread_getspecific(conns->thread_key);

	if (conn)
		return conn;
	conn = store_require_memory(calloc(1, sizeof(*conn)));
	conn->conns = conns;
	(void)pthread_mutex_lock(&conns->lock);
	conn->next = conns->all;
	conns->all = conn;
	(void)pthread_mutex_unlock(&conns->lock);
	(void)pthread_setspecific(conns->thread_key, conn);
	return conn;
}

static bool store_unavailable(struct error *err, const char *text)
{
	return error_set_reason(err, ERROR_UNAVAILABLE,
	                        "session-store-unavailable", "Redis: %s", text);
}

/* ---- commands on a connection */

static bool append_store_command(redisContext *c, const char *const *args,
                                 struct error *err)
{
	const char *argv[MAX_COMMAND_ARGS];
	size_t count = 0;

	for (; args[count]; count++) {
		assert(count < MAX_COMMAND_ARGS);
		argv[count] = args[count];
	}
	return redisAppendCommandArgv(c, (int)count, argv, NULL) == REDIS_OK ||
	       store_unavailable(err, c->errstr);
}

/* Sends all commands.  *ret_sent_any: at least one byte was sent, so Redis may
 * have run a command. */
static bool send_store_commands(redisContext *c,
                                const char *const *const *commands,
                                size_t count, bool *ret_sent_any,
                                struct error *err)
{
	int done = 0;

	*ret_sent_any = false;
	for (size_t i = 0; i < count; i++)
		if (!append_store_command(c, commands[i], err))
			return false;
	while (!done) {
		if (redisBufferWrite(c, &done) != REDIS_OK)
			return store_unavailable(err, c->errstr);
		*ret_sent_any = true;
	}
	return true;
}

static bool wait_for_store_reply(int fd, int64_t deadline, struct error *err)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	int count;

	do {
		int64_t remaining = deadline - clock_monotonic_ms();

		count = poll(&ready, 1, remaining > 0 ? (int)remaining : 0);
	} while (count < 0 && errno == EINTR);
	return count > 0 || store_unavailable(err, "no reply in time");
}

static bool read_reply_bytes(redisContext *c, size_t *total, struct error *err)
{
	char bytes[READ_CHUNK_BYTES];
	ssize_t count = read(c->fd, bytes, sizeof(bytes));

	if (count < 0 && errno == EINTR)
		return true;
	if (count < 0)
		return store_unavailable(err, errno == EAGAIN
		                                  ? "no reply in time"
		                                  : strerror(errno));
	if (count == 0)
		return store_unavailable(err, "closed");
	*total += (size_t)count;
	if (*total > MAX_REPLY_BYTES)
		return store_unavailable(err, "the reply is too large");
	if (redisReaderFeed(c->reader, bytes, (size_t)count) != REDIS_OK)
		return store_unavailable(err, c->reader->errstr);
	return true;
}

/* Reads one of several replies; deadline and total are shared by all of them.
 */
static bool read_one_reply(redisContext *c, int64_t deadline, size_t *total,
                           redisReply **ret_reply, struct error *err)
{
	void *reply = NULL;

	for (;;) {
		if (redisReaderGetReply(c->reader, &reply) != REDIS_OK)
			return store_unavailable(err, c->reader->errstr);
		if (reply)
			break;
		/* The first read waits by the socket's timeout, which is the
		 * same. */
		if ((*total > 0 &&
		     !wait_for_store_reply(c->fd, deadline, err)) ||
		    !read_reply_bytes(c, total, err))
			return false;
	}
	*ret_reply = reply;
	return true;
}

#define REFUSED "Redis refused: "

bool store_error_is_full(const struct error *err)
{
	return err->kind == ERROR_UNAVAILABLE &&
	       text_equal(err->text, REFUSED "OOM");
}

/* The error code only (NOAUTH, READONLY, OOM): the text may quote a value. */
static bool store_error_reply(const redisReply *reply, struct error *err)
{
	char code[32] = "";

	for (size_t i = 0; i < sizeof(code) - 1 && i < reply->len; i++) {
		if (!isupper((unsigned char)reply->str[i]))
			break;
		code[i] = reply->str[i];
	}
	return error_set_reason(err, ERROR_UNAVAILABLE,
	                        "session-store-unavailable", REFUSED "%s",
	                        code);
}

/* The deepest reply is that of SCAN: two levels. */
static void copy_scalar_reply(struct arena *a, const redisReply *from,
                              struct store_reply *ret_reply)
{
	*ret_reply = (struct store_reply){ .number = from->integer };
	if (from->type == REDIS_REPLY_INTEGER)
		ret_reply->type = STORE_REPLY_INTEGER;
	if (from->type == REDIS_REPLY_STRING ||
	    from->type == REDIS_REPLY_STATUS) {
		ret_reply->type = STORE_REPLY_STRING;
		ret_reply->length = from->len;
		ret_reply->text = arena_memdup(a, from->str, from->len);
	}
}

static void copy_reply(struct arena *a, const redisReply *from, int depth,
                       struct store_reply *ret_reply)
{
	copy_scalar_reply(a, from, ret_reply);
	if (from->type != REDIS_REPLY_ARRAY || depth == 0)
		return;
	ret_reply->type = STORE_REPLY_ARRAY;
	ret_reply->count = from->elements;
	ret_reply->items = arena_array(a, struct store_reply, from->elements);
	for (size_t i = 0; i < from->elements; i++)
		copy_reply(a, from->element[i], depth - 1,
		           &ret_reply->items[i]);
}

static bool receive_reply(redisContext *c, struct arena *a, int64_t deadline,
                          size_t *total, struct store_reply *ret_reply,
                          struct error *err)
{
	own(release_reply) redisReply *reply = NULL;

	if (!read_one_reply(c, deadline, total, &reply, err))
		return false;
	if (reply->type == REDIS_REPLY_ERROR)
		return store_error_reply(reply, err);
	copy_reply(a, reply, 2, ret_reply);
	return true;
}

/* Extra bytes after the last reply would be taken for the next command's. */
static bool receive_replies(redisContext *c, struct arena *a, size_t count,
                            struct store_reply *ret_replies, struct error *err)
{
	const int64_t deadline = clock_monotonic_ms() + COMMAND_MS;
	size_t total = 0;

	for (size_t i = 0; i < count; i++)
		if (!receive_reply(c, a, deadline, &total, &ret_replies[i],
		                   err))
			return false;
	return c->reader->pos == c->reader->len ||
	       store_unavailable(err, "more replies than commands");
}

/* ---- connecting */

static bool store_conn_connect(struct store_conn *conn, const char *address,
                               struct error *err)
{
	const struct timeval timeout = { COMMAND_MS / 1000,
		                         COMMAND_MS % 1000 * 1000 };

	if (!text_starts(address, "unix:"))
		return store_unavailable(
		    err, "address of the session store is not unix:PATH");
	conn->context =
	    redisConnectUnixWithTimeout(address + strlen("unix:"), timeout);
	if (!conn->context)
		abort();
	if (conn->context->err)
		return store_unavailable(err, conn->context->errstr);
	/* The connect timeout does not apply to commands. */
	if (redisSetTimeout(conn->context, timeout) != REDIS_OK)
		return store_unavailable(err, conn->context->errstr);
	conn->address = store_require_memory(strdup(address));
	return true;
}

static bool store_conn_authenticate(struct store_conn *conn,
                                    const struct config *cfg, struct error *err)
{
	struct arena *a;
	struct store_reply reply;
	char *secret = NULL;
	bool good, sent_any;

	if (!cfg->session_store.secret)
		return true;
	a = arena_open();
	good =
	    config_read_secret(cfg, a, cfg->session_store.secret, &secret, err);
	if (good) {
		const char *args[] = { "AUTH",
			               cfg->session_store.user
			                   ? cfg->session_store.user
			                   : "portvakt",
			               secret, NULL };

		good = send_store_commands(conn->context,
		                           (const char *const *const[]){ args },
		                           1, &sent_any, err) &&
		       receive_replies(conn->context, a, 1, &reply, err);
	} else if (err) {
		err->kind = ERROR_UNAVAILABLE;
		err->reason = "session-store-unavailable";
	}
	arena_close(a);
	return good;
}

static bool store_conn_ready(struct store_conn *conn, const struct config *cfg,
                             struct error *err)
{
	if (conn->context && text_equal(conn->address, cfg->session_store.url))
		return true;
	store_conn_disconnect(conn);
	if (store_conn_connect(conn, cfg->session_store.url, err) &&
	    store_conn_authenticate(conn, cfg, err))
		return true;
	store_conn_disconnect(conn);
	return false;
}

/* If not a byte could be sent, Redis has closed the connection and run nothing:
 * reconnect and send once more. */
static bool store_conn_send(struct store_conn *conn, const struct config *cfg,
                            const char *const *const *commands, size_t count,
                            struct error *err)
{
	bool sent = false, sent_any = false;

	for (int tries = 0; tries < 2 && !sent && !sent_any; tries++) {
		if (!store_conn_ready(conn, cfg, err))
			return false;
		sent = send_store_commands(conn->context, commands, count,
		                           &sent_any, err);
		if (!sent)
			store_conn_disconnect(conn);
	}
	return sent;
}

bool store_pipeline(struct store_conns *conns, const struct config *cfg,
                    struct arena *a, const char *const *const *commands,
                    size_t count, struct store_reply *ret_replies,
                    struct error *err)
{
	struct store_conn *conn = store_conn_of_thread(conns);

	if (!store_conn_send(conn, cfg, commands, count, err))
		return false;
	if (receive_replies(conn->context, a, count, ret_replies, err))
		return true;
	store_conn_disconnect(conn);
	return false;
}

bool store_command(struct store_conns *conns, const struct config *cfg,
                   struct arena *a, const char *const *args,
                   struct store_reply *ret_reply, struct error *err)
{
	return store_pipeline(conns, cfg, a,
	                      (const char *const *const[]){ args }, 1,
	                      ret_reply, err);
}

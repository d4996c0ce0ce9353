/* SPDX-License-Identifier: AGPL-3.0-or-later
 * redis_conn.c: Redis connections over hiredis.  One per thread, because a
 * redisContext is not thread-safe; closed on any error, because a late reply
 * would be taken for that of the next command.  Replies are read here and not
 * by hiredis, so that 200 ms and a maximum size apply to the whole reply. */
#include "region/store_link.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <hiredis/hiredis.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/text.h"

enum {
	COMMAND_MS = 200,
	LARGEST_REPLY = 8 * 1024 * 1024,
	MOST_WORDS = 16,
	READ_AT_ONCE = 4 * 1024,
};

struct link {
	struct store_links *of;
	struct link *next;
	redisContext *context; /* NULL: not connected */
	char *address;         /* it is connected to */
};

struct store_links {
	pthread_key_t mine;   /* this thread's struct store_conn */
	pthread_mutex_t lock; /* guards all */
	struct link *all;
};

static void *must_have(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

OWNER(release_reply, redisReply *, freeReplyObject)

static void link_drop(struct link *l)
{
	if (l->context)
		redisFree(l->context);
	free(l->address);
	l->context = NULL;
	l->address = NULL;
}

/* Destructor of the thread key. */
static void link_end(void *link)
{
	struct link *l = link;
	struct store_links *of = l->of;

	(void)pthread_mutex_lock(&of->lock);
	for (struct link **at = &of->all; *at; at = &(*at)->next) {
		if (*at == l) {
			*at = l->next;
			break;
		}
	}
	(void)pthread_mutex_unlock(&of->lock);
	link_drop(l);
	free(l);
}

struct store_links *store_links_open(void)
{
	struct store_links *l = must_have(calloc(1, sizeof(*l)));

	(void)pthread_mutex_init(&l->lock, NULL);
	if (pthread_key_create(&l->mine, link_end) != 0)
		abort();
	return l;
}

void store_links_close(struct store_links *l)
{
	if (!l)
		return;
	(void)pthread_key_delete(l->mine);
	while (l->all)
		link_end(l->all);
	(void)pthread_mutex_destroy(&l->lock);
	free(l);
}

static struct link *link_of_this_thread(struct store_links *of)
{
	struct link *l = pthread_getspecific(of->mine);

	if (l)
		return l;
	l = must_have(calloc(1, sizeof(*l)));
	l->of = of;
	(void)pthread_mutex_lock(&of->lock);
	l->next = of->all;
	of->all = l;
	(void)pthread_mutex_unlock(&of->lock);
	(void)pthread_setspecific(of->mine, l);
	return l;
}

static bool away(struct fault *why, const char *text)
{
	return fault_for(why, FAULT_UNAVAILABLE, "store-away", "Redis: %s",
	                 text);
}

/* ---- commands on a connection */

static bool add_words(redisContext *c, const char *const *words,
                      struct fault *why)
{
	const char *argv[MOST_WORDS];
	size_t count = 0;

	for (; words[count]; count++) {
		assert(count < MOST_WORDS);
		argv[count] = words[count];
	}
	return redisAppendCommandArgv(c, (int)count, argv, NULL) == REDIS_OK ||
	       away(why, c->errstr);
}

/* Sends all commands.  *ret_sent_any: at least one byte was sent, so Redis may
 * have run a command. */
static bool send_all(redisContext *c, const char *const *const *commands,
                     size_t count, bool *ret_left, struct fault *why)
{
	int done = 0;

	*ret_left = false;
	for (size_t i = 0; i < count; i++)
		if (!add_words(c, commands[i], why))
			return false;
	while (!done) {
		if (redisBufferWrite(c, &done) != REDIS_OK)
			return away(why, c->errstr);
		*ret_left = true;
	}
	return true;
}

static bool wait_until(int fd, int64_t until, struct fault *why)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	int count;

	do {
		int64_t left = until - clock_monotonic_ms();

		count = poll(&ready, 1, left > 0 ? (int)left : 0);
	} while (count < 0 && errno == EINTR);
	return count > 0 || away(why, "no reply in time");
}

static bool read_more(redisContext *c, size_t *total, struct fault *why)
{
	char bytes[READ_AT_ONCE];
	ssize_t count = read(c->fd, bytes, sizeof(bytes));

	if (count < 0 && errno == EINTR)
		return true;
	if (count < 0)
		return away(why, errno == EAGAIN ? "no reply in time"
		                                 : strerror(errno));
	if (count == 0)
		return away(why, "closed");
	*total += (size_t)count;
	if (*total > LARGEST_REPLY)
		return away(why, "the reply is too large");
	if (redisReaderFeed(c->reader, bytes, (size_t)count) != REDIS_OK)
		return away(why, c->reader->errstr);
	return true;
}

/* Reads one of several replies; deadline and total are shared by all of them.
 */
static bool read_reply(redisContext *c, int64_t until, size_t *total,
                       redisReply **ret_reply, struct fault *why)
{
	void *reply = NULL;

	for (;;) {
		if (redisReaderGetReply(c->reader, &reply) != REDIS_OK)
			return away(why, c->reader->errstr);
		if (reply)
			break;
		/* The first read waits by the socket's timeout, which is the
		 * same. */
		if ((*total > 0 && !wait_until(c->fd, until, why)) ||
		    !read_more(c, total, why))
			return false;
	}
	*ret_reply = reply;
	return true;
}

/* The error code only (NOAUTH, READONLY, OOM): the text may quote a value. */
static bool refused(const redisReply *reply, struct fault *why)
{
	char word[32] = "";

	for (size_t i = 0; i < sizeof(word) - 1 && i < reply->len; i++) {
		if (!isupper((unsigned char)reply->str[i]))
			break;
		word[i] = reply->str[i];
	}
	return fault_for(why, FAULT_UNAVAILABLE, "store-away",
	                 "Redis refused: %s", word);
}

/* The deepest reply is that of SCAN: two levels. */
static void copy_flat(struct arena *a, const redisReply *from,
                      struct reply *ret_reply)
{
	*ret_reply = (struct reply){ .number = from->integer };
	if (from->type == REDIS_REPLY_INTEGER)
		ret_reply->type = REPLY_NUMBER;
	if (from->type == REDIS_REPLY_STRING ||
	    from->type == REDIS_REPLY_STATUS) {
		ret_reply->type = REPLY_TEXT;
		ret_reply->length = from->len;
		ret_reply->text = arena_bytes(a, from->str, from->len);
	}
}

static void copy_list(struct arena *a, const redisReply *from, int deeper,
                      struct reply *ret_reply)
{
	copy_flat(a, from, ret_reply);
	if (from->type != REDIS_REPLY_ARRAY || deeper == 0)
		return;
	ret_reply->type = REPLY_LIST;
	ret_reply->count = from->elements;
	ret_reply->items = arena_array(a, struct reply, from->elements);
	for (size_t i = 0; i < from->elements; i++)
		copy_list(a, from->element[i], deeper - 1,
		          &ret_reply->items[i]);
}

static bool take_reply(redisContext *c, struct arena *a, int64_t until,
                       size_t *total, struct reply *ret_reply,
                       struct fault *why)
{
	own(release_reply) redisReply *reply = NULL;

	if (!read_reply(c, until, total, &reply, why))
		return false;
	if (reply->type == REDIS_REPLY_ERROR)
		return refused(reply, why);
	copy_list(a, reply, 2, ret_reply);
	return true;
}

/* Extra bytes after the last reply would be taken for the next command's. */
static bool take_all(redisContext *c, struct arena *a, size_t count,
                     struct reply *ret_replies, struct fault *why)
{
	const int64_t until = clock_monotonic_ms() + COMMAND_MS;
	size_t total = 0;

	for (size_t i = 0; i < count; i++)
		if (!take_reply(c, a, until, &total, &ret_replies[i], why))
			return false;
	return c->reader->pos == c->reader->len ||
	       away(why, "more replies than commands");
}

/* ---- connecting */

static bool connect_to(struct link *l, const char *address, struct fault *why)
{
	const struct timeval most = { .tv_usec = COMMAND_MS * 1000 };

	if (!text_starts(address, "unix:"))
		return away(why, "only unix: addresses are known");
	l->context =
	    redisConnectUnixWithTimeout(address + strlen("unix:"), most);
	if (!l->context)
		abort();
	if (l->context->err)
		return away(why, l->context->errstr);
	/* The connect timeout does not apply to commands. */
	if (redisSetTimeout(l->context, most) != REDIS_OK)
		return away(why, l->context->errstr);
	l->address = must_have(strdup(address));
	return true;
}

static bool log_in(struct link *l, const struct region *r, struct fault *why)
{
	struct arena *a;
	struct reply reply;
	char *secret = NULL;
	bool good, left;

	if (!r->sessions.secret)
		return true;
	a = arena_open();
	good = region_secret(r, a, r->sessions.secret, &secret, why);
	if (good) {
		const char *words[] = { "AUTH",
			                r->sessions.user ? r->sessions.user
			                                 : "portvakt",
			                secret, NULL };

		good =
		    send_all(l->context, (const char *const *const[]){ words },
		             1, &left, why) &&
		    take_all(l->context, a, 1, &reply, why);
	} else if (why) {
		why->kind = FAULT_UNAVAILABLE;
		why->reason = "store-away";
	}
	arena_close(a);
	return good;
}

static bool link_ready(struct link *l, const struct region *r,
                       struct fault *why)
{
	if (l->context && text_equal(l->address, r->sessions.address))
		return true;
	link_drop(l);
	if (connect_to(l, r->sessions.address, why) && log_in(l, r, why))
		return true;
	link_drop(l);
	return false;
}

/* If not a byte could be sent, Redis has closed the connection and run nothing:
 * reconnect and send once more. */
static bool send_by_link(struct link *l, const struct region *r,
                         const char *const *const *commands, size_t count,
                         struct fault *why)
{
	bool sent = false, left = false;

	for (int tries = 0; tries < 2 && !sent && !left; tries++) {
		if (!link_ready(l, r, why))
			return false;
		sent = send_all(l->context, commands, count, &left, why);
		if (!sent)
			link_drop(l);
	}
	return sent;
}

bool store_commands(struct store_links *of, const struct region *r,
                    struct arena *a, const char *const *const *commands,
                    size_t count, struct reply *ret_replies, struct fault *why)
{
	struct link *l = link_of_this_thread(of);

	if (!send_by_link(l, r, commands, count, why))
		return false;
	if (take_all(l->context, a, count, ret_replies, why))
		return true;
	link_drop(l);
	return false;
}

bool store_command(struct store_links *of, const struct region *r,
                   struct arena *a, const char *const *words,
                   struct reply *ret_reply, struct fault *why)
{
	return store_commands(of, r, a, (const char *const *const[]){ words },
	                      1, ret_reply, why);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * redis_conn.h: sends commands to Redis over hiredis and returns the replies.
 */
#ifndef REGION_REDIS_REDIS_CONN_H
#define REGION_REDIS_REDIS_CONN_H

#include <pthread.h>

#include "region/redis/session_store.h"

enum store_reply_type {
	STORE_REPLY_NIL = 0,
	STORE_REPLY_STRING,
	STORE_REPLY_INTEGER,
	STORE_REPLY_ARRAY
};

/* A reply, living in an arena, so that no hiredis type leaves redis_conn.c. */
struct store_reply {
	enum store_reply_type type;
	char *text; /* followed by a NUL that length does not count */
	size_t length;
	long long number;
	struct store_reply *items;
	size_t count;
};

struct store_conns;

struct store_conns *store_conns_open(void);
void store_conns_close(struct store_conns *conns);

/* args: the command, NULL-terminated.  An error reply, a timeout or a closed
 * connection returns ERROR_UNAVAILABLE, reason "session-store-unavailable", and
 * closes the connection. */
bool store_command(struct store_conns *conns, const struct config *cfg,
                   struct arena *a, const char *const *args,
                   struct store_reply *ret_reply, struct error *err) must_check;

/* The same for several commands, sent as one pipeline within the same second.
 * Their order is kept; other clients' commands may run between them. */
bool store_pipeline(struct store_conns *conns, const struct config *cfg,
                    struct arena *a, const char *const *const *commands,
                    size_t count, struct store_reply *ret_replies,
                    struct error *err) must_check;

#endif

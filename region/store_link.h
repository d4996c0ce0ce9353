/* SPDX-License-Identifier: AGPL-3.0-or-later
 * redis_conn.h: sends commands to Redis over hiredis and returns the replies.
 */
#ifndef REGION_STORE_LINK_H
#define REGION_STORE_LINK_H

#include <pthread.h>

#include "region/store.h"

enum reply_type { REPLY_NIL = 0, REPLY_TEXT, REPLY_NUMBER, REPLY_LIST };

/* A reply, living in an arena, so that no hiredis type leaves redis_conn.c. */
struct reply {
	enum reply_type type;
	char *text; /* followed by a NUL that length does not count */
	size_t length;
	long long number;
	struct reply *items;
	size_t count;
};

struct store_links;

struct store_links *store_links_open(void);
void store_links_close(struct store_links *l);

/* args: the command, NULL-terminated.  An error reply, a timeout or a closed
 * connection returns ERROR_UNAVAILABLE, reason "store-away", and closes the
 * connection. */
bool store_command(struct store_links *l, const struct region *r,
                   struct arena *a, const char *const *words,
                   struct reply *ret_reply, struct fault *why) must_check;

/* The same for several commands, sent as one pipeline within the same 200 ms.
 * Their order is kept; other clients' commands may run between them. */
bool store_commands(struct store_links *l, const struct region *r,
                    struct arena *a, const char *const *const *commands,
                    size_t count, struct reply *ret_replies,
                    struct fault *why) must_check;

#endif

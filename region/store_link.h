/* SPDX-License-Identifier: AGPL-3.0-or-later
 * store_link.h: one command to Redis and its reply; what store.c stands on. */
#ifndef REGION_STORE_LINK_H
#define REGION_STORE_LINK_H

#include <pthread.h>

#include "region/store.h"

enum reply_type { REPLY_NIL = 0, REPLY_TEXT, REPLY_NUMBER, REPLY_LIST };

/* Ours, living in an arena, so that nothing of hiredis leaves its door. */
struct reply {
	enum reply_type type;
	char *text; /* ends in a NUL that length does not count */
	size_t length;
	long long number;
	struct reply *items;
	size_t count;
};

struct store_links;

struct store_links *store_links_open(void);
void store_links_close(struct store_links *l);

/* words: the command, NULL-terminated.  An error reply, a late one or a dead
 * connection is UNAVAILABLE "store-away", and the connection is gone. */
bool store_command(struct store_links *l, const struct region *r,
                   struct arena *a, const char *const *words,
                   struct reply *ret_reply, struct fault *why) must_check;

/* The same for several, sent together and answered in one go, within the
 * 200 ms of one: their order is kept, but others may come in between. */
bool store_commands(struct store_links *l, const struct region *r,
                    struct arena *a, const char *const *const *commands,
                    size_t count, struct reply *ret_replies,
                    struct fault *why) must_check;

#endif

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * listen.h: listening Unix sockets, at which our processes meet. */
#ifndef LIB_LISTEN_H
#define LIB_LISTEN_H

#include <stdbool.h>

#include "lib/attr.h"
#include "lib/fault.h"

enum listen_kind {
	LISTEN_PACKETS = 0, /* SOCK_SEQPACKET: our frames */
	LISTEN_STREAM,      /* HTTP from the front door */
};

struct listen_at {
	const char *path;
	enum listen_kind kind;
	unsigned mode;     /* 0: 0600 */
	const char *user;  /* who owns it, when we are root; NULL: us */
	const char *group; /* NULL: the user's */
	/* Said to whoever waits where nobody will answer, or when the socket
	 * goes for good: where a silent end would be taken for an answer, or
	 * waiting harms others; NULL: nothing. */
	const char *farewell;
};

/* A socket that listens, not inherited by children, in place of a dead one
 * of that name; REFUSED where a living process listens there. */
bool listen_open(const struct listen_at *at, int *ret_fd,
                 struct fault *why) must_check;

/* Says the farewell to one who waits.  False: nobody does. */
bool listen_turn_away(const struct listen_at *at, int fd) must_check;

/* The end of a socket that listen_open made: nobody new can connect to it,
 * whoever waits hears the farewell, and the name is gone. */
void listen_close(const struct listen_at *at, int fd);

#endif

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * listen.h: listening Unix domain sockets, by which the processes
 * communicate. */
#ifndef LIB_LISTEN_H
#define LIB_LISTEN_H

#include <stdbool.h>

#include "lib/attr.h"
#include "lib/fault.h"

enum listen_kind {
	LISTEN_PACKETS = 0, /* SOCK_SEQPACKET: IPC frames */
	LISTEN_STREAM,      /* HTTP from the reverse proxy */
};

struct listen_at {
	const char *path;
	enum listen_kind kind;
	unsigned mode;     /* 0: 0600 */
	const char *user;  /* owner, if run as root; NULL: this user */
	const char *group; /* NULL: the user's */
	/* Sent to clients in the queue when the process cannot answer or the
	 * socket is closed, where a plain close would be read as a response;
	 * NULL: none. */
	const char *farewell;
};

/* Returns a listening, close-on-exec socket in *ret_fd; replaces a stale one of
 * that name. Error REFUSED if a process listens there. */
bool listen_open(const struct listen_at *at, int *ret_fd,
                 struct fault *why) must_check;

/* Accepts one queued client, sends the busy reply and closes. Returns false if
 * the queue is empty. */
bool listen_turn_away(const struct listen_at *at, int fd) must_check;

/* Closes a socket of listen_open: stops new connections, sends the busy reply
 * to queued clients, removes the name. */
void listen_close(const struct listen_at *at, int fd);

#endif

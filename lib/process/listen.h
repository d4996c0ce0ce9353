/* SPDX-License-Identifier: AGPL-3.0-or-later
 * listen.h: listening Unix domain sockets, by which the processes
 * communicate. */
#ifndef LIB_PROCESS_LISTEN_H
#define LIB_PROCESS_LISTEN_H

#include <stdbool.h>

#include "lib/compiler.h"
#include "lib/error.h"

enum listen_type {
	LISTEN_SEQPACKET = 0, /* SOCK_SEQPACKET: IPC frames */
	LISTEN_STREAM,        /* HTTP from the reverse proxy */
};

struct listen_socket {
	const char *path;
	enum listen_type type;
	unsigned mode;     /* 0: 0600 */
	const char *group; /* identity_set_group(); NULL: this process's */
	/* Sent to clients in the queue when the process cannot answer or the
	 * socket is closed, where a plain close would be read as a response;
	 * NULL: none. */
	const char *busy_reply;
};

/* Returns a listening, close-on-exec socket in *ret_fd; replaces a stale one of
 * that name. Error REFUSED if a process listens there. */
bool listen_open(const struct listen_socket *sock, int *ret_fd,
                 struct error *err) must_check;

/* Accepts one queued client, sends the busy reply and closes. Returns false if
 * the queue is empty. */
bool listen_reject(const struct listen_socket *sock, int fd) must_check;

/* Closes a socket of listen_open: stops new connections, sends the busy reply
 * to queued clients, removes the name. */
void listen_close(const struct listen_socket *sock, int fd);

#endif

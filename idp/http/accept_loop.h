/* SPDX-License-Identifier: AGPL-3.0-or-later
 * accept_loop.h: accepts the connections of the HTTP server.  In a shortage of
 * descriptors libmicrohttpd calls accept() without a pause and logs nothing;
 * this waits, and logs it once (lib/process/accept.h). */
#ifndef IDP_HTTP_ACCEPT_LOOP_H
#define IDP_HTTP_ACCEPT_LOOP_H

#include <stdbool.h>

#include "lib/error.h"

struct accept_loop;

struct accept_loop_callbacks {
	void *data;
	/* Serves a connection, whose descriptor it then owns; false: it has
	 * closed it. */
	bool (*add)(void *data, int fd);
	/* Returns how many are served now. */
	unsigned (*count)(void *data);
};

/* Accepts connections while fewer than max are served; the others wait in the
 * queue of the socket.  Makes listen_fd non-blocking.  On error
 * ERROR_UNAVAILABLE. */
bool accept_loop_open(int listen_fd, unsigned max,
                      const struct accept_loop_callbacks *callbacks,
                      struct accept_loop **ret_loop,
                      struct error *err) must_check;
void accept_loop_close(struct accept_loop *l);

/* Starts its thread, once.  On error ERROR_UNAVAILABLE. */
bool accept_loop_start(struct accept_loop *l, struct error *err) must_check;

/* A connection that was added has been closed. */
void accept_loop_closed(struct accept_loop *l);

/* Accepts no more; the socket stays open, for the next process. */
void accept_loop_stop(struct accept_loop *l);

#endif

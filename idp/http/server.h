/* SPDX-License-Identifier: AGPL-3.0-or-later
 * server.h: the door to libmicrohttpd.  It serves a Unix socket behind the
 * front door and lets nothing through that the request gate does not know. */
#ifndef IDP_HTTP_SERVER_H
#define IDP_HTTP_SERVER_H

#include "idp/http/answer.h"
#include "lib/fault.h"

struct server;

/* Serves on the listening socket, a thread for each connection, at most most
 * of them; handle fills the answer.  handle and refuse are called on any
 * thread.  refuse makes the page for a request the gate turned away (its
 * request has no words): status and a word of reasons.def. */
struct server_calls {
	void (*handle)(struct request *r, struct answer *a);
	void (*refuse)(struct request *r, struct answer *a, int status,
	               const char *reason);
};
bool server_start(int listening, int most, const struct server_calls *calls,
                  struct server **ret_s, struct fault *why) must_check;

/* Takes no more, lets what is under way finish within 30 s, and ends. */
void server_drain(struct server *s);

#endif

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * server.h: the HTTP server.  It serves a Unix socket behind the reverse proxy
 * and passes on only requests that request_check.h accepts. */
#ifndef IDP_HTTP_SERVER_H
#define IDP_HTTP_SERVER_H

#include "idp/http/answer.h"
#include "lib/fault.h"

struct server;

/* Serves the listening socket, with one thread per connection and at most
 * max_connections.  handle fills the response; reject fills the error page of
 * a request that failed validation (without parameters), with a status and a
 * reason of reasons.def.  Both are called on any thread. */
struct server_calls {
	void (*handle)(struct request *r, struct answer *a);
	void (*refuse)(struct request *r, struct answer *a, int status,
	               const char *reason);
};
bool server_start(int listening, int most, const struct server_calls *calls,
                  struct server **ret_s, struct fault *why) must_check;

/* Stops accepting, waits up to 30 s for active requests, and frees the
 * server. */
void server_drain(struct server *s);

#endif

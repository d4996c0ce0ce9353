/* SPDX-License-Identifier: AGPL-3.0-or-later
 * server.h: the HTTP server.  It serves a Unix socket behind the reverse proxy
 * and passes on only requests that request_check.h accepts. */
#ifndef IDP_HTTP_SERVER_H
#define IDP_HTTP_SERVER_H

#include "idp/http/response.h"
#include "lib/error.h"

struct http_server;

/* Serves the listening socket, with one thread per connection and at most
 * max_connections.  handle fills the response; reject fills the error page of
 * a request that failed validation (without parameters), with a status and a
 * reason of reasons.def.  Both are called on any thread. */
struct http_server_callbacks {
	void (*handle)(struct request *r, struct http_response *resp);
	void (*reject)(struct request *r, struct http_response *resp,
	               int status, const char *reason);
};
bool http_server_start(int listen_fd, int max_connections,
                       const struct http_server_callbacks *callbacks,
                       struct http_server **ret_s,
                       struct error *err) must_check;

/* Stops accepting, waits up to 30 s for active requests, and frees the
 * server. */
void http_server_drain(struct http_server *s);

#endif

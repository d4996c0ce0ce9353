/* SPDX-License-Identifier: AGPL-3.0-or-later
 * server.h: the HTTP server.  It serves a Unix socket behind the reverse proxy
 * and passes on only requests that request_check.h accepts. */
#ifndef IDP_HTTP_SERVER_H
#define IDP_HTTP_SERVER_H

#include "idp/http/response.h"
#include "lib/error.h"

struct http_server;

/* Called by several threads at once. */
struct http_server_callbacks {
	/* Fills the response to a request that passed validation. */
	void (*handle)(struct request *r, struct http_response *resp);
	/* Fills the error page of a request that failed validation: r has no
	 * parameters and possibly no host; reason is one of reasons.def. */
	void (*reject)(struct request *r, struct http_response *resp,
	               int status, const char *reason);
};

/* Starts to serve the listening socket, with one thread per connection and at
 * most max_connections.  A request whose head and body do not arrive within 5 s
 * is ended.  The caller ends it with http_server_drain.  On error
 * ERROR_UNAVAILABLE. */
bool http_server_start(int listen_fd, int max_connections,
                       const struct http_server_callbacks *callbacks,
                       struct http_server **ret_s,
                       struct error *err) must_check;

/* Stops accepting connections, waits up to 30 s for active requests, and frees
 * the server.  NULL is allowed. */
void http_server_drain(struct http_server *s);

#endif

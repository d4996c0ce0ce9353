/* SPDX-License-Identifier: AGPL-3.0-or-later
 * routes.h: maps a path to its handler.  Only routes.c depends on all handlers
 * and protocols. */
#ifndef IDP_WEB_ROUTES_H
#define IDP_WEB_ROUTES_H

#include "idp/http/server.h"
#include "idp/session/request_context.h"

/* Sets the back ends of all handlers, which must live until the process ends,
 * and fills in their members protocols and page_hooks. */
void routes_init(struct web_backends *web_backends);

/* Calls the handler of each request: for http_server_start(). */
extern const struct http_server_callbacks routes_callbacks;

#endif

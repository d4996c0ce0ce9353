/* SPDX-License-Identifier: AGPL-3.0-or-later
 * context_init.h: creates the request context: configuration, issuer or login
 * host, language. */
#ifndef IDP_WEB_CONTEXT_INIT_H
#define IDP_WEB_CONTEXT_INIT_H

#include "idp/session/request_context.h"

/* Returns the context, also as r->context, allocated in r->arena.  It holds a
 * reference to the current configuration until the arena is closed. */
struct request_context *request_context_init(
    struct request *r, struct http_response *resp,
    const struct web_backends *backends);

/* Returns "nb", "nn" or "en", a constant: the first supported one of the query
 * parameter language, the cookie, Accept-Language (RFC 9110 12.5.4) and the
 * first language of the region's configuration; otherwise "nb". */
const char *negotiate_language(const struct request *r,
                               const struct config *cfg);

#endif

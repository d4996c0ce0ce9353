/* SPDX-License-Identifier: AGPL-3.0-or-later
 * context_init.h: creates the request context. */
#ifndef IDP_WEB_CONTEXT_INIT_H
#define IDP_WEB_CONTEXT_INIT_H

#include "idp/session/request_context.h"

/* Returns the context, allocated in r->arena, with a reference to the current
 * configuration for as long. */
struct request_context *request_context_init(
    struct request *r, struct http_response *resp,
    const struct web_backends *backends);

/* Returns nb, nn or en: from the parameter language, the cookie,
 * Accept-Language (RFC 9110 12.5.4), or the first of the region. */
const char *negotiate_language(const struct request *r,
                               const struct config *cfg);

#endif

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * context_init.h: creates the request context. */
#ifndef IDP_WEB_VISITOR_H
#define IDP_WEB_VISITOR_H

#include "idp/session/visit.h"

/* Returns the context, allocated in r->arena, with a reference to the current
 * configuration for as long. */
struct visit *visitor_begin(struct request *r, struct answer *a,
                            const struct staff *staff);

/* Returns nb, nn or en: from the parameter language, the cookie,
 * Accept-Language (RFC 9110 12.5.4), or the first of the region. */
const char *visitor_language(const struct request *r, const struct region *g);

#endif

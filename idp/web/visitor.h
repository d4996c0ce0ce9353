/* SPDX-License-Identifier: AGPL-3.0-or-later
 * visitor.h: a request becomes a visit: by which rules, on which host, in
 * which language. */
#ifndef IDP_WEB_VISITOR_H
#define IDP_WEB_VISITOR_H

#include "idp/session/visit.h"

/* Living in r->arena; the snapshot is kept as long. */
struct visit *visitor_begin(struct request *r, struct answer *a,
                            const struct staff *staff);

/* nb, nn or en: the address's word, the cookie's, the browser's, the
 * region's first. */
const char *visitor_language(const struct request *r, const struct region *g);

#endif

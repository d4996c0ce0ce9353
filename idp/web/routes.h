/* SPDX-License-Identifier: AGPL-3.0-or-later
 * routes.h: address -> function.  routes.c is the only file that knows all
 * rooms. */
#ifndef IDP_WEB_ROUTES_H
#define IDP_WEB_ROUTES_H

#include "idp/http/server.h"
#include "idp/session/visit.h"

/* Whom handlers ask, from now on; fronts and pages are filled in. */
void routes_open(struct staff *staff);

extern const struct server_calls routes_calls;

#endif

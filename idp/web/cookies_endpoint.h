/* SPDX-License-Identifier: AGPL-3.0-or-later
 * cookies_endpoint.h: a browser whose cookies cookie_parse() rejects. */
#ifndef IDP_WEB_COOKIES_ENDPOINT_H
#define IDP_WEB_COOKIES_ENDPOINT_H

#include "idp/session/request_context.h"

/* Expires our own cookies and shows a page with the form below. */
void cookies_reject(struct request_context *ctx);

/* POST /cookies: makes the browser delete the cookies of every host of the
 * registrable domain, and redirects to the portal.  The request may come with
 * rejected cookies. */
void cookies_clear_post(struct request_context *ctx);

#endif

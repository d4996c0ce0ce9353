/* SPDX-License-Identifier: AGPL-3.0-or-later
 * cookies.h: the Cookie header (RFC 6265 4.2.1) and the cookies that Portvakt
 * sets.  Every host below the parent domain can set cookies that a browser
 * sends here too; the __Host- prefix (RFC 6265bis 4.1.3.2) protects ours only
 * if this parser reads the header as the browser wrote it. */
#ifndef IDP_HTTP_COOKIES_H
#define IDP_HTTP_COOKIES_H

#include "idp/http/response.h"

/* The session, on the login host. */
#define SESSION_COOKIE "__Host-portvakt"
/* Each binds authentication transactions to the browser: on the login host,
 * where CSRF tokens depend on it too, and on an issuer's own host. */
#define CSRF_COOKIE       "__Host-portvakt-browser"
#define RP_BINDING_COOKIE "__Host-portvakt-hand"
/* Earlier sessions of this browser whose services may still be open in it. */
#define PREVIOUS_COOKIE "__Host-portvakt-previous"
/* Municipality and language chosen last. */
#define PREFERENCE_COOKIE "__Host-portvakt-choice"

/* A browser keeps 180 cookies of one registrable domain. */
enum { COOKIES_MAX = 200 };

/* Appends the cookies of one Cookie header to the array, allocated in a.  A
 * cookie ends at ';' only; spaces and tabs around it are not part of it; a
 * cookie without a name is ignored.  Returns false if there are more than
 * COOKIES_MAX in all, or if one of ours occurs twice, which no browser sends:
 * then the caller uses none of them. */
bool cookie_parse(struct arena *a, const char *header,
                  struct http_field **cookies, size_t *count) must_check;

/* Makes the browser delete each cookie that Portvakt sets. */
void cookies_expire(struct http_response *resp);

#endif

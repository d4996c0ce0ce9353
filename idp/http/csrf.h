/* SPDX-License-Identifier: AGPL-3.0-or-later
 * csrf.h: protection against cross-site request forgery (CSRF).  A browser has
 * a random secret in a cookie; each form has a token, the HMAC of the form's
 * purpose under that secret.  A POST from another site is also rejected by its
 * Origin and Sec-Fetch-Site headers. */
#ifndef IDP_HTTP_CSRF_H
#define IDP_HTTP_CSRF_H

#include "idp/http/cookies.h"
#include "lib/error.h"

/* The form field of the CSRF token. */
#define CSRF_FIELD "csrf_token"

/* Returns the secret in that cookie, owned by the request; NULL if it is absent
 * or malformed. */
const char *csrf_secret_find(const struct request *r, const char *cookie);

/* The same; if there is none, returns a new secret, owned by resp->arena, that
 * the response sets as the cookie. */
const char *csrf_secret_ensure(const struct request *r,
                               struct http_response *resp, const char *cookie);

/* Returns the CSRF token of a form with this purpose, the value of CSRF_FIELD,
 * allocated in a. */
char *csrf_token(struct arena *a, const char *secret, const char *purpose);

/* Returns false for a POST that came from a page of another origin than origin
 * (https://host[:port]).  It proves nothing for a client without Origin and
 * Sec-Fetch-Site. */
bool csrf_is_same_origin(const struct request *r, const char *origin);

/* Verifies that this POST comes from a page of origin (https://host[:port]) and
 * has the CSRF token for purpose and for the secret in CSRF_COOKIE.  On error
 * ERROR_INVALID, reason "form-expired". */
bool csrf_verify(const struct request *r, const char *origin,
                 const char *purpose, struct error *err) must_check;

#endif

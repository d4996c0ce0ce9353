/* SPDX-License-Identifier: AGPL-3.0-or-later
 * csrf.h: protection against cross-site request forgery.  A browser has a
 * random secret in a cookie; each form carries a token, the HMAC of the form's
 * purpose under that secret.  A POST from another site is rejected by its
 * Origin and Sec-Fetch-Site headers too. */
#ifndef IDP_HTTP_CSRF_H
#define IDP_HTTP_CSRF_H

#include "idp/http/response.h"
#include "lib/error.h"

#define CSRF_COOKIE       "__Host-portvakt-browser" /* on the login host */
#define RP_BINDING_COOKIE "__Host-portvakt-hand" /* on an issuer's own host */
#define CSRF_FIELD        "csrf_token"

/* Returns the secret in that cookie, or NULL where it is absent or
 * malformed. */
const char *csrf_secret_find(const struct request *r, const char *cookie);

/* Returns the same, or a new secret that the response sets as the cookie. */
const char *csrf_secret_ensure(const struct request *r,
                               struct http_response *resp, const char *cookie);

/* Returns the value of the field CSRF_FIELD for this purpose, allocated in
 * a. */
char *csrf_token(struct arena *a, const char *secret, const char *purpose);

/* Returns true if this POST comes from a page of origin (https://host[:port])
 * and carries the token for purpose.  Error: INVALID, reason
 * "form-expired". */
bool csrf_verify(const struct request *r, const char *origin,
                 const char *purpose, struct error *err) must_check;

#endif

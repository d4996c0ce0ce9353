/* SPDX-License-Identifier: AGPL-3.0-or-later
 * refusal.h: the words a client is refused with.  Descriptions are texts of
 * ours: nothing that came in goes out in one. */
#ifndef IDP_OIDC_REFUSAL_H
#define IDP_OIDC_REFUSAL_H

#include "idp/session/visit.h"

/* As RFC 6749, 6750 and OpenID Connect Core spell them. */
#define INVALID_REQUEST        "invalid_request"
#define INVALID_CLIENT         "invalid_client"
#define INVALID_GRANT          "invalid_grant"
#define INVALID_SCOPE          "invalid_scope"
#define INVALID_TOKEN          "invalid_token"
#define INSUFFICIENT_SCOPE     "insufficient_scope"
#define UNAUTHORIZED_CLIENT    "unauthorized_client"
#define UNSUPPORTED_GRANT_TYPE "unsupported_grant_type"
#define AWAY                   "temporarily_unavailable"

/* Fills the answer with {"error", "error_description"} and returns false, so
 * that a guard is one line. */
bool oidc_refuse(struct visit *v, const char *error, const char *description);

/* The same for what could not be asked just now: 503. */
bool refuse_away(struct visit *v, const struct fault *why);

/* The same with the WWW-Authenticate of a bearer token (RFC 6750 3);
 * error NULL: there was no token. */
bool refuse_bearer(struct visit *v, const char *error, const char *description);

/* Whether the method is one of those (or-ed), and the host an issuer's;
 * otherwise 405 or 404 and false. */
bool refuse_other_methods(struct visit *v, unsigned methods);

/* Whether a form was POSTed that says nothing twice: otherwise refused. */
bool refuse_other_forms(struct visit *v);

#endif

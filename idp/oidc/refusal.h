/* SPDX-License-Identifier: AGPL-3.0-or-later
 * oauth_error.h: OAuth 2.0 error responses (RFC 6749 5.2, RFC 6750 3).  An
 * error_description never contains input of the request. */
#ifndef IDP_OIDC_REFUSAL_H
#define IDP_OIDC_REFUSAL_H

#include "idp/session/visit.h"

/* Error codes of RFC 6749, RFC 6750 and OpenID Connect Core. */
#define INVALID_REQUEST        "invalid_request"
#define INVALID_CLIENT         "invalid_client"
#define INVALID_GRANT          "invalid_grant"
#define INVALID_SCOPE          "invalid_scope"
#define INVALID_TOKEN          "invalid_token"
#define INSUFFICIENT_SCOPE     "insufficient_scope"
#define UNAUTHORIZED_CLIENT    "unauthorized_client"
#define UNSUPPORTED_GRANT_TYPE "unsupported_grant_type"
#define AWAY                   "temporarily_unavailable"

/* Fills the response with {"error", "error_description"} and returns false, so
 * that the caller can return its value. */
bool oidc_refuse(struct visit *v, const char *error, const char *description);

/* The same with 503 temporarily_unavailable and Retry-After; logs err. */
bool refuse_away(struct visit *v, const struct fault *why);

/* The same with WWW-Authenticate: Bearer (RFC 6750 3); error is NULL if the
 * request has no token. */
bool refuse_bearer(struct visit *v, const char *error, const char *description);

/* Returns true if the method is one of methods (OR-ed) on an issuer's host;
 * otherwise the response is 405 or 404. */
bool refuse_other_methods(struct visit *v, unsigned methods);

/* Returns true for a POST without repeated parameters (RFC 6749 3.2); otherwise
 * the response is an error. */
bool refuse_other_forms(struct visit *v);

#endif

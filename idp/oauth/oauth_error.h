/* SPDX-License-Identifier: AGPL-3.0-or-later
 * oauth_error.h: OAuth 2.0 error responses (RFC 6749 5.2, RFC 6750 3).  An
 * error_description never contains input of the request. */
#ifndef IDP_OAUTH_OAUTH_ERROR_H
#define IDP_OAUTH_OAUTH_ERROR_H

#include "idp/session/request_context.h"

/* Error codes of RFC 6749, RFC 6750 and OpenID Connect Core. */
#define OAUTH_INVALID_REQUEST         "invalid_request"
#define OAUTH_INVALID_CLIENT          "invalid_client"
#define OAUTH_INVALID_GRANT           "invalid_grant"
#define OAUTH_INVALID_SCOPE           "invalid_scope"
#define OAUTH_INVALID_TOKEN           "invalid_token"
#define OAUTH_INSUFFICIENT_SCOPE      "insufficient_scope"
#define OAUTH_UNAUTHORIZED_CLIENT     "unauthorized_client"
#define OAUTH_UNSUPPORTED_GRANT_TYPE  "unsupported_grant_type"
#define OAUTH_TEMPORARILY_UNAVAILABLE "temporarily_unavailable"

/* Fills the response with {"error", "error_description"} and returns false, so
 * that the caller can return its value. */
bool oauth_error_reply(struct request_context *ctx, const char *error,
                       const char *description);

/* The same with 503 temporarily_unavailable and Retry-After; logs err. */
bool oauth_error_unavailable(struct request_context *ctx,
                             const struct error *err);

/* The same with WWW-Authenticate: Bearer (RFC 6750 3); error is NULL if the
 * request has no token. */
bool bearer_error_reply(struct request_context *ctx, const char *error,
                        const char *description);

/* Returns true if the method is one of methods (OR-ed) on an issuer's host;
 * otherwise the response is 405 or 404. */
bool oauth_require_method(struct request_context *ctx, unsigned methods);

/* Returns true for a POST without repeated parameters (RFC 6749 3.2); otherwise
 * the response is an error. */
bool oauth_require_single_params(struct request_context *ctx);

#endif

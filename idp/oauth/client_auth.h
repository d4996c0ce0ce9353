/* SPDX-License-Identifier: AGPL-3.0-or-later
 * client_auth.h: client authentication (RFC 6749 2.3, OpenID Connect Core 9)
 * by a method that the client is registered for. */
#ifndef IDP_OAUTH_CLIENT_AUTH_H
#define IDP_OAUTH_CLIENT_AUTH_H

#include "idp/session/request_context.h"

/* Authenticates the client of this request at ctx's issuer and returns its
 * service.  On error returns false, and the response is invalid_client without
 * a reason, or 503. */
bool client_authenticate(struct request_context *ctx,
                         const struct service **ret_service);

/* The same; a public client is an error (invalid_client). */
bool client_authenticate_confidential(struct request_context *ctx,
                                      const struct service **ret_service);

#endif

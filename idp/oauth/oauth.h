/* SPDX-License-Identifier: AGPL-3.0-or-later
 * oauth.h: the OAuth 2.0 endpoints for routes.c.  Each function checks the
 * method, authenticates the client and fills ctx's response, also on error;
 * all are for an issuer's host only. */
#ifndef IDP_OAUTH_OAUTH_H
#define IDP_OAUTH_OAUTH_H

#include "idp/session/request_context.h"

/* POST /oidc/token: authorization_code, refresh_token, client_credentials
 * (RFC 6749 3.2). */
void oauth_token_endpoint(struct request_context *ctx);

/* POST /oidc/revoke (RFC 7009) and /oidc/introspect (RFC 7662). */
void oauth_revocation_endpoint(struct request_context *ctx);
void oauth_introspection_endpoint(struct request_context *ctx);

#endif

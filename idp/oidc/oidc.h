/* SPDX-License-Identifier: AGPL-3.0-or-later
 * oidc.h: the OpenID Connect endpoints for routes.c, and the protocol that ends
 * a login.  Each function checks the method and fills ctx's response, also on
 * error; all but oidc_logout are for an issuer's host only. */
#ifndef IDP_OIDC_OIDC_H
#define IDP_OIDC_OIDC_H

#include "idp/protocol.h"

/* GET /.well-known/openid-configuration: the discovery document. */
void oidc_discovery(struct request_context *ctx);

/* GET /oidc/jwks: the issuer's public keys. */
void oidc_jwks(struct request_context *ctx);

/* GET and POST /oidc/authorize: checks the request, then login_start. */
void oidc_authorize(struct request_context *ctx);

/* GET and POST /oidc/userinfo: the claims of an access token's grant. */
void oidc_userinfo(struct request_context *ctx);

/* GET and POST /oidc/logout on an issuer's host and, with parameter t of an
 * auth transaction, on the login host, which has the session cookie.  If the
 * person must confirm, it redirects to /logout?t=...; when that form is POSTed,
 * logout_start continues with the transaction's protocol and request. */
void oidc_logout(struct request_context *ctx);

extern const struct protocol oidc_protocol; /* name "oidc" */

#endif

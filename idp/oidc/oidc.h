/* SPDX-License-Identifier: AGPL-3.0-or-later
 * oidc.h: OpenID Connect as routes.c sees it: one function per address, and
 * the front that finishes a login.  Each fills the visit's answer whole, and
 * looks at the method itself; all but oidc_logout are of an issuer's host. */
#ifndef IDP_OIDC_OIDC_H
#define IDP_OIDC_OIDC_H

#include "idp/front.h"

/* GET /.well-known/openid-configuration: what we are, prebuilt. */
void oidc_discovery(struct visit *v);

/* GET /oidc/jwks: the issuer's public keys. */
void oidc_jwks(struct visit *v);

/* GET and POST /oidc/authorize: checks the request, then login_enter. */
void oidc_authorize(struct visit *v);

/* POST /oidc/token: code, refresh token or client credentials for tokens. */
void oidc_token(struct visit *v);

/* GET and POST /oidc/userinfo: what the access token lets a service know. */
void oidc_userinfo(struct visit *v);

/* POST /oidc/revoke (RFC 7009) and /oidc/introspect (RFC 7662). */
void oidc_revoke(struct visit *v);
void oidc_introspect(struct visit *v);

/* GET and POST /oidc/logout, on an issuer's host and, with t= of a ticket, on
 * the login host too, for the session's cookie is there.  Where the person
 * must be asked first it leads to /logout?t=TICKET; when that page's form is
 * POSTed with t, leave_begin goes on with the ticket's front and request. */
void oidc_logout(struct visit *v);

extern const struct front oidc_front; /* name "oidc" */

#endif

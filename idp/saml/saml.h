/* SPDX-License-Identifier: AGPL-3.0-or-later
 * saml.h: the endpoints of the SAML 2.0 identity provider, for routes.c.  Each
 * function fills ctx's response, also on error. */
#ifndef IDP_SAML_SAML_H
#define IDP_SAML_SAML_H

#include "idp/protocol.h"

/* GET /saml/metadata on an issuer's host: the IdP metadata. */
void saml_metadata(struct request_context *ctx);

/* GET and POST /saml/sso on an issuer's host: validates an AuthnRequest by
 * Redirect or POST and calls login_start. */
void saml_sso(struct request_context *ctx);

/* GET /saml/slo on an issuer's host and on the login host: an SP's
 * LogoutRequest or LogoutResponse.  An issuer's host that is not the login host
 * redirects it there unchanged, as the session cookie is there. */
void saml_slo(struct request_context *ctx);

/* For routes.c's table of protocols; its name is "saml". */
extern const struct protocol saml_protocol;

#endif

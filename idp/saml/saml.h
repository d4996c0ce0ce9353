/* SPDX-License-Identifier: AGPL-3.0-or-later
 * saml.h: SAML 2.0 identity provider, for routes.c.  Each handler fills the
 * visit's answer in every case. */
#ifndef IDP_SAML_SAML_H
#define IDP_SAML_SAML_H

#include "idp/front.h"

/* GET /saml/metadata on an issuer's host: who we are, prebuilt. */
void saml_metadata(struct visit *v);

/* GET and POST /saml/sso on an issuer's host: an AuthnRequest by Redirect or
 * POST becomes a ticket for login_enter. */
void saml_sso(struct visit *v);

/* GET /saml/slo on an issuer's host and on the login host: a service's
 * LogoutRequest, or its LogoutResponse to ours.  An issuer's host that is not
 * the login host passes it on there unchanged, for there is the session. */
void saml_slo(struct visit *v);

/* For routes.c's table of fronts; its name is "saml". */
extern const struct front saml_front;

#endif

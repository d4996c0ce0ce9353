/* SPDX-License-Identifier: AGPL-3.0-or-later
 * logout_endpoint.h: /logout on the login host: a logout by the person or by a
 * service (RP-initiated or SAML), and its result. */
#ifndef IDP_WEB_LOGOUT_ENDPOINT_H
#define IDP_WEB_LOGOUT_ENDPOINT_H

#include "idp/session/request_context.h"

/* GET shows the confirmation form.  With the parameter done, the secret of a
 * completed logout transaction, it responds to the service that initiated the
 * logout.  It ends no session. */
void logout_get(struct request_context *ctx);

/* POST of the confirmation form: verifies the CSRF token, ends the session and
 * starts single logout. */
void logout_post(struct request_context *ctx);

#endif

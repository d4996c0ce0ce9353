/* SPDX-License-Identifier: AGPL-3.0-or-later
 * saml_response.h: sends a Response (SAML Core 3.3.3), signed by the signer, by
 * the HTTP POST binding. */
#ifndef IDP_SAML_SAML_RESPONSE_H
#define IDP_SAML_SAML_RESPONSE_H

#include "idp/protocol.h"
#include "idp/saml/authn_request.h"

/* Sends a Response with an Assertion of the attributes configured for the
 * service, or with an error status if the request cannot be satisfied; then
 * *ret_participant has the earlier NameID and SessionIndex.  On error no
 * response is set: INVALID, or UNAVAILABLE without the signer. */
bool saml_response_send(struct request_context *ctx, const struct auth_txn *txn,
                        const struct login_result *login,
                        struct session_participant *ret_participant,
                        struct error *err) must_check;

/* Sends a Response with a status only; request: that of the auth transaction.
 * Errors: those of the signer. */
bool saml_status_send(struct request_context *ctx, const struct issuer *i,
                      const struct service *s, const json_t *request,
                      const struct saml_status *status,
                      struct error *err) must_check;

#endif

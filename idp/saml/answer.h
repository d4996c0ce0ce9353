/* SPDX-License-Identifier: AGPL-3.0-or-later
 * saml_response.h: sends a Response (SAML Core 3.3.3), signed by the signer, by
 * the HTTP POST binding. */
#ifndef IDP_SAML_ANSWER_H
#define IDP_SAML_ANSWER_H

#include "idp/front.h"
#include "idp/saml/request.h"

/* Sends a Response with an Assertion of the attributes configured for the
 * service, or with an error status if the request cannot be satisfied; then
 * *ret_participant has the earlier NameID and SessionIndex.  On error no
 * response is set: INVALID, or UNAVAILABLE without the signer. */
bool answer_person(struct visit *v, const struct ticket *t,
                   const struct entry *e, struct part *ret_part,
                   struct fault *why) must_check;

/* Sends a Response with a status only; request: that of the auth transaction.
 * Errors: those of the signer. */
bool saml_answer_status(struct visit *v, const struct issuer *i,
                        const struct service *s, const json_t *request,
                        const struct saml_status *status,
                        struct fault *why) must_check;

#endif

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * answer.h: a Response to a service, signed by the keeper and posted by the
 * person's browser. */
#ifndef IDP_SAML_ANSWER_H
#define IDP_SAML_ANSWER_H

#include "idp/front.h"
#include "idp/saml/request.h"

/* Answers with what this service may receive of whoever enters, or with a
 * status where that cannot be said: then ret_part is what it was earlier. */
bool answer_person(struct visit *v, const struct ticket *t,
                   const struct entry *e, struct part *ret_part,
                   struct fault *why) must_check;

/* Answers with a status and nothing else; request is the ticket's. */
bool saml_answer_status(struct visit *v, const struct issuer *i,
                        const struct service *s, const json_t *request,
                        const struct saml_status *status,
                        struct fault *why) must_check;

#endif

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * sign.h: what OpenID Connect asks of the keeper. */
#ifndef IDP_OIDC_SIGN_H
#define IDP_OIDC_SIGN_H

#include "idp/session/visit.h"

/* What the keeper is asked for a token with these claims, living in a. */
json_t *sign_question(struct arena *a, const struct service *s, const char *use,
                      json_t *claims);

/* Claims (borrowed) signed for the service by its issuer's key, with the
 * algorithm the service wants.  use: "id" or "logout". */
bool oidc_sign_token(struct visit *v, const struct service *s, const char *use,
                     json_t *claims, char **ret_token,
                     struct fault *why) must_check;

/* What the service calls this person, or this affiliation. */
bool sign_subject(struct visit *v, const struct service *s,
                  const struct person *p, const struct affiliation *f,
                  char **ret_sub, struct fault *why) must_check;

#endif

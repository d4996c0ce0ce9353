/* SPDX-License-Identifier: AGPL-3.0-or-later
 * signer_client.h: requests of OpenID Connect to portvakt-signer. */
#ifndef IDP_OIDC_SIGN_H
#define IDP_OIDC_SIGN_H

#include "idp/session/visit.h"

/* Returns the signer request for a token with these claims, owned by a. */
json_t *sign_question(struct arena *a, const struct service *s, const char *use,
                      json_t *claims);

/* Returns claims (borrowed) signed by the key of the service's issuer, with the
 * service's id_token_signed_response_alg.  use: "id" or "logout".  This and
 * the following: UNAVAILABLE without a reply. */
bool oidc_sign_token(struct visit *v, const struct service *s, const char *use,
                     json_t *claims, char **ret_token,
                     struct fault *why) must_check;

/* Returns the pairwise subject identifier (OpenID Connect Core 8.1) of the
 * person or, if so configured, the affiliation; owned by ctx->arena. */
bool sign_subject(struct visit *v, const struct service *s,
                  const struct person *p, const struct affiliation *f,
                  char **ret_sub, struct fault *why) must_check;

#endif

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * signer_client.h: requests of OpenID Connect to portvakt-signer. */
#ifndef IDP_OAUTH_SIGNER_CLIENT_H
#define IDP_OAUTH_SIGNER_CLIENT_H

#include "idp/session/request_context.h"

/* Returns the signer request for a token with these claims, owned by a. */
const struct sign_token_request *signer_token_request(struct arena *a,
                                                      const struct service *s,
                                                      enum token_kind use,
                                                      json_t *claims);

/* Returns claims (borrowed) signed by the key of the service's issuer, with the
 * service's id_token_signed_response_alg.  This and the
 * following: UNAVAILABLE without a reply. */
bool signer_sign_token(struct request_context *ctx, const struct service *s,
                       enum token_kind use, json_t *claims, char **ret_token,
                       struct error *err) must_check;

/* Returns the pairwise subject identifier (OpenID Connect Core 8.1) of the
 * person or, if so configured, the affiliation; owned by ctx->arena. */
bool subject_identifier(struct request_context *ctx, const struct service *s,
                        const struct person *p, const struct affiliation *f,
                        char **ret_sub, struct error *err) must_check;

#endif

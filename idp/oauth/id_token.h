/* SPDX-License-Identifier: AGPL-3.0-or-later
 * id_token.h: ID tokens (OpenID Connect Core 2). */
#ifndef IDP_OAUTH_ID_TOKEN_H
#define IDP_OAUTH_ID_TOKEN_H

#include "idp/oauth/grant.h"

enum { ID_TOKEN_LIFETIME_S = 10 * 60 };

/* Returns the claims, owned by a; nonce may be NULL. */
json_t *id_token_build_claims(struct arena *a, const struct issuer *i,
                              const struct grant *g, const char *nonce,
                              const char *access_token, int64_t now);

/* Returns the request to sign the ID token, which the session store sends to
 * the signer together with its own. */
struct store_token_request id_token_request(struct request_context *ctx,
                                            const struct service *s,
                                            const struct grant *g,
                                            const char *nonce,
                                            const char *access_token);

#endif

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * access_token.h: opaque access tokens, valid for ACCESS_TOKEN_LIFETIME_S
 * seconds; each use checks the grant and its session in Redis. */
#ifndef IDP_OAUTH_ACCESS_TOKEN_H
#define IDP_OAUTH_ACCESS_TOKEN_H

#include "idp/oauth/grant.h"

enum { ACCESS_TOKEN_LIFETIME_S = 10 * 60 };

/* Returns a new token, owned by ctx->arena; it is not stored yet. */
struct unsaved_token access_token_create(struct request_context *ctx,
                                         const struct grant *g);

/* Stores a created token.  Errors: those of the session store. */
bool access_token_store(struct request_context *ctx,
                        const struct unsaved_token *access,
                        struct error *err) must_check;

/* Returns the grant of a token and its expiry; NULL for a token that is
 * unknown, expired, of another issuer, of a client no longer configured, or
 * whose session has ended.  Errors: those of the session store. */
bool access_token_lookup(struct request_context *ctx, const char *token,
                         const struct grant **ret_grant,
                         int64_t *ret_expires_at, struct error *err) must_check;

/* Revokes the token with this hash.  Errors: those of the session store. */
bool access_token_revoke(struct request_context *ctx, const char *hash,
                         struct error *err) must_check;

#endif

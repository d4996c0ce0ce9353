/* SPDX-License-Identifier: AGPL-3.0-or-later
 * access_token.h: opaque access tokens, valid for ACCESS_TOKEN_LIFETIME_S
 * seconds; each use checks the grant and its session in Redis. */
#ifndef IDP_OIDC_ACCESS_H
#define IDP_OIDC_ACCESS_H

#include "idp/oidc/grant.h"

enum { ACCESS_LIFE = 10 * 60 };

/* Returns a new token, owned by ctx->arena; it is not stored yet. */
struct fresh access_make(struct visit *v, const struct grant *g);

/* Stores a created token.  Errors: those of the session store. */
bool access_keep(struct visit *v, const struct fresh *access,
                 struct fault *why) must_check;

/* Returns the grant of a token and its expiry; NULL for a token that is
 * unknown, expired, of another issuer, of a client no longer configured, or
 * whose session has ended.  Errors: those of the session store. */
bool access_find(struct visit *v, const char *token,
                 const struct grant **ret_grant, int64_t *ret_until,
                 struct fault *why) must_check;

/* Revokes the token with this hash.  Errors: those of the session store. */
bool access_drop(struct visit *v, const char *hash,
                 struct fault *why) must_check;

#endif

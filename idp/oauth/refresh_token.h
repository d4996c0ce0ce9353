/* SPDX-License-Identifier: AGPL-3.0-or-later
 * refresh_token.h: refresh tokens, `family.secret`.  Each is valid once and
 * replaced by the next; reuse revokes the family and its access tokens (RFC
 * 9700 4.14.2). */
#ifndef IDP_OAUTH_REFRESH_TOKEN_H
#define IDP_OAUTH_REFRESH_TOKEN_H

#include "idp/oauth/grant.h"

struct refresh_token_family {
	const char *id; /* the part of the token before the dot */
	const struct grant *grant;
	int64_t expires_at;         /* not extended by rotation */
	const json_t *stored_value; /* the stored value */
	bool is_current;            /* the token has the latest secret */
};

/* Returns false if a family created now would be expired already. */
bool refresh_token_may_create(const struct request_context *ctx,
                              const struct grant *g);

/* Returns a new family, owned by ctx->arena and not stored yet, that expires
 * with the longest session lifetime.  access: the access token issued with
 * it. */
struct unsaved_token refresh_token_create(struct request_context *ctx,
                                          const struct grant *g,
                                          const struct unsaved_token *access);

/* Returns the family of a token, owned by ctx->arena; NULL: unknown.  This and
 * the following: errors of the session store. */
bool refresh_token_lookup(struct request_context *ctx, const char *token,
                          struct refresh_token_family **ret_family,
                          struct error *err) must_check;

/* Replaces the current secret and stores access in one atomic operation, and
 * returns the new token; *ret_done is true for one of any number of concurrent
 * callers.  With a full Redis the family's earlier access tokens are revoked to
 * make room.  signing: the ID token request, sent along. */
bool refresh_token_rotate(struct request_context *ctx,
                          const struct refresh_token_family *f,
                          const struct unsaved_token *access,
                          struct store_token_request *signing, char **ret_token,
                          bool *ret_done, struct error *err) must_check;

/* Revokes the family with this hash and its access tokens. */
bool refresh_token_revoke_family(struct request_context *ctx, const char *hash,
                                 struct error *err) must_check;

/* Returns the hash of the family's name, owned by a. */
char *refresh_token_family_hash(struct arena *a,
                                const struct refresh_token_family *f);

#endif

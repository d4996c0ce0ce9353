/* SPDX-License-Identifier: AGPL-3.0-or-later
 * refresh_token.h: refresh tokens, `family.secret`.  Each is valid once and
 * replaced by the next; reuse revokes the family and its access tokens (RFC
 * 9700 4.14.2). */
#ifndef IDP_OIDC_REFRESH_H
#define IDP_OIDC_REFRESH_H

#include "idp/oidc/grant.h"

struct family {
	const char *name; /* the part of the token before the dot */
	const struct grant *grant;
	int64_t until;     /* not extended by rotation */
	const json_t *was; /* the stored value */
	bool is_current;   /* the token has the latest secret */
};

/* Returns false if a family created now would be expired already. */
bool refresh_may_begin(const struct visit *v, const struct grant *g);

/* Returns a new family, owned by ctx->arena and not stored yet, that expires
 * with the longest session lifetime.  access: the access token issued with
 * it. */
struct fresh refresh_make(struct visit *v, const struct grant *g,
                          const struct fresh *access);

/* Returns the family of a token, owned by ctx->arena; NULL: unknown.  This and
 * the following: errors of the session store. */
bool refresh_find(struct visit *v, const char *token,
                  struct family **ret_family, struct fault *why) must_check;

/* Replaces the current secret and stores access in one atomic operation, and
 * returns the new token; *ret_done is true for one of any number of concurrent
 * callers.  signing: the ID token request, sent along. */
bool refresh_rotate(struct visit *v, const struct family *f,
                    const struct fresh *access, struct store_along *along,
                    char **ret_token, bool *ret_done,
                    struct fault *why) must_check;

/* Revokes the family with this hash and its access tokens. */
bool refresh_end(struct visit *v, const char *hash,
                 struct fault *why) must_check;

/* Returns the hash of the family's name, owned by a. */
char *refresh_hash(struct arena *a, const struct family *f);

#endif

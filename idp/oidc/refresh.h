/* SPDX-License-Identifier: AGPL-3.0-or-later
 * refresh.h: refresh tokens, `family.secret`.  Each is used once and gives
 * the next; a second use of any ends the family and all it gave. */
#ifndef IDP_OIDC_REFRESH_H
#define IDP_OIDC_REFRESH_H

#include "idp/oidc/grant.h"

struct family {
	const char *name; /* what is before the full stop */
	const struct grant *grant;
	int64_t until;     /* for good: rotation does not move it */
	const json_t *was; /* the value as read */
	bool is_current;   /* the token's secret is the last given */
};

/* Whether a family begun now would live at all. */
bool refresh_may_begin(const struct visit *v, const struct grant *g);

/* A new family, living in v->arena, that ends with the session at the latest.
 * access: the access token given with it. */
struct fresh refresh_make(struct visit *v, const struct grant *g,
                          const struct fresh *access);

/* The family of a token; NULL where there is none. */
bool refresh_find(struct visit *v, const char *token,
                  struct family **ret_family, struct fault *why) must_check;

/* The next token, and access kept in the same moment, for one caller alone,
 * however many ask at once; along: the ID token. */
bool refresh_rotate(struct visit *v, const struct family *f,
                    const struct fresh *access, struct store_along *along,
                    char **ret_token, bool *ret_done,
                    struct fault *why) must_check;

/* Ends the family with this name in Redis, and the access tokens it gave. */
bool refresh_end(struct visit *v, const char *hash,
                 struct fault *why) must_check;

char *refresh_hash(struct arena *a, const struct family *f);

#endif

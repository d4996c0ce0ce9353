/* SPDX-License-Identifier: AGPL-3.0-or-later
 * authorization_code.h: authorization codes (RFC 6749 4.1.2): valid for 60
 * seconds, single use.  The hashes of the issued tokens are kept for ten
 * minutes, so that a second use revokes them. */
#ifndef IDP_OIDC_CODE_H
#define IDP_OIDC_CODE_H

#include "idp/oidc/grant.h"

struct code {
	const struct grant *grant; /* NULL: redeemed before */
	const char *redirect, *challenge, *nonce;
	const char *access, *family; /* hashes of the tokens issued */
	const json_t *was;           /* the stored value */
};

/* Stores a new code for a grant and returns it, owned by ctx->arena; nonce may
 * be NULL.  This and the following: errors of the session store. */
bool code_give(struct visit *v, const struct code *what, char **ret_code,
               struct fault *why) must_check;

/* Returns what is stored for code, owned by ctx->arena; NULL: unknown. */
bool code_find(struct visit *v, const char *code, struct code **ret_code,
               struct fault *why) must_check;

/* Redeems the code and stores the issued tokens in one atomic operation;
 * *ret_redeemed is true for one of any number of concurrent callers.  family
 * may be NULL; signing: the ID token request, sent along. */
bool code_use(struct visit *v, const char *code, const struct code *found,
              const struct fresh *access, const struct fresh *family,
              struct store_along *along, bool *ret_used,
              struct fault *why) must_check;

/* Deletes the code. */
bool code_burn(struct visit *v, const char *code, struct fault *why) must_check;

#endif

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * authorization_code.h: authorization codes (RFC 6749 4.1.2): valid for 60
 * seconds, single use.  The hashes of the issued tokens are kept for ten
 * minutes, so that a second use revokes them. */
#ifndef IDP_OAUTH_AUTHORIZATION_CODE_H
#define IDP_OAUTH_AUTHORIZATION_CODE_H

#include "idp/oauth/grant.h"

struct auth_code {
	const struct grant *grant; /* NULL: redeemed before */
	const char *redirect_uri, *code_challenge, *nonce;
	const char *access_hash, *family_hash; /* hashes of the tokens issued */
	const json_t *stored_value;            /* the stored value */
};

/* Stores a new code for a grant and returns it, owned by ctx->arena; nonce may
 * be NULL.  This and the following: errors of the session store. */
bool auth_code_issue(struct request_context *ctx,
                     const struct auth_code *auth_code, char **ret_code,
                     struct error *err) must_check;

/* Returns what is stored for code, owned by ctx->arena; NULL: unknown. */
bool auth_code_lookup(struct request_context *ctx, const char *code,
                      struct auth_code **ret_code,
                      struct error *err) must_check;

/* Redeems the code and stores the issued tokens in one atomic operation;
 * *ret_redeemed is true for one of any number of concurrent callers.  family
 * may be NULL; signing: the ID token request, sent along. */
bool auth_code_redeem(struct request_context *ctx, const char *code,
                      const struct auth_code *found,
                      const struct unsaved_token *access,
                      const struct unsaved_token *family,
                      struct store_token_request *signing, bool *ret_redeemed,
                      struct error *err) must_check;

/* Deletes the code. */
bool auth_code_invalidate(struct request_context *ctx, const char *code,
                          struct error *err) must_check;

#endif

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * revocation_endpoint.c: token revocation (RFC 7009).  token_type_hint is
 * ignored: a refresh token contains a dot, an access token does not. */
#include "idp/oauth/oauth.h"

#include <string.h>

#include "idp/oauth/access_token.h"
#include "idp/oauth/client_auth.h"
#include "idp/oauth/oauth_error.h"
#include "idp/oauth/refresh_token.h"
#include "lib/hash.h"

static bool revoke_error_foreign_token(struct request_context *ctx)
{
	return oauth_error_reply(ctx, OAUTH_INVALID_GRANT,
	                         "token was issued to another client");
}

static bool revoke_refresh_token(struct request_context *ctx,
                                 const struct service *s, const char *token)
{
	struct error err = { 0 };
	struct refresh_token_family *family;

	if (!refresh_token_lookup(ctx, token, &family, &err))
		return oauth_error_unavailable(ctx, &err);
	/* A replaced secret revokes the family too: its holder had a token. */
	if (!family)
		return true;
	if (!grant_is_for(ctx, family->grant, s))
		return revoke_error_foreign_token(ctx);
	return refresh_token_revoke_family(
		   ctx, refresh_token_family_hash(ctx->arena, family), &err) ||
	       oauth_error_unavailable(ctx, &err);
}

static bool revoke_access_token(struct request_context *ctx,
                                const struct service *s, const char *token)
{
	const struct grant *g;
	struct error err = { 0 };
	int64_t expires_at;

	if (!access_token_lookup(ctx, token, &g, &expires_at, &err))
		return oauth_error_unavailable(ctx, &err);
	if (!g)
		return true;
	if (!grant_is_for(ctx, g, s))
		return revoke_error_foreign_token(ctx);
	return access_token_revoke(
		   ctx, hash_sha256_hex(ctx->arena, token, strlen(token)),
		   &err) ||
	       oauth_error_unavailable(ctx, &err);
}

void oauth_revocation_endpoint(struct request_context *ctx)
{
	const char *token = request_form(ctx->request, "token");
	const struct service *s;

	if (!oauth_require_single_params(ctx) || !client_authenticate(ctx, &s))
		return;
	if (!token || !*token) {
		(void)oauth_error_reply(ctx, OAUTH_INVALID_REQUEST,
		                        "token is missing");
		return;
	}
	if (strchr(token, '.') ? revoke_refresh_token(ctx, s, token)
	                       : revoke_access_token(ctx, s, token))
		response_set_body(ctx->response, 200, "application/json", "{}",
		                  2);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * access_token.c: opaque bearer access tokens (RFC 6750): the grant is stored
 * in Redis under the token's hash. */
#include "idp/oauth/access_token.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/hash.h"
#include "lib/random.h"

struct unsaved_token access_token_create(struct request_context *ctx,
                                         const struct grant *g)
{
	json_t *value = grant_to_json(ctx->arena, g);
	char *token = random_secret(ctx->arena);

	(void)json_object_set_new(
	    value, "until",
	    json_integer(clock_now() + ACCESS_TOKEN_LIFETIME_S));
	/* Used for the ID token only. */
	(void)json_object_del(value, "in_token");
	return (struct unsaved_token){
		.item = { "access", token, value, ACCESS_TOKEN_LIFETIME_S },
		.token = token,
		.hash = hash_sha256_hex(ctx->arena, token, strlen(token)),
	};
}

bool access_token_store(struct request_context *ctx,
                        const struct unsaved_token *access, struct error *err)
{
	const struct store_item *item = &access->item;

	return store_put(ctx->backends->store, ctx->cfg, item->kind,
	                 item->secret, item->value, item->seconds, false, NULL,
	                 err);
}

bool access_token_lookup(struct request_context *ctx, const char *token,
                         const struct grant **ret_grant,
                         int64_t *ret_expires_at, struct error *err)
{
	const struct grant *g;
	json_t *value;

	*ret_grant = NULL;
	if (!grant_lookup(ctx, "access", token, &value, &g, err))
		return false;
	if (!g)
		return true;
	const int64_t expires_at = js_number(value, "until", 0);

	if (expires_at <= clock_now() ||
	    !grant_is_for(ctx, g, config_service(ctx->cfg, g->service)))
		return true;
	*ret_grant = g->session_valid ? g : NULL;
	*ret_expires_at = expires_at;
	return true;
}

bool access_token_revoke(struct request_context *ctx, const char *hash,
                         struct error *err)
{
	return store_delete_hashed(ctx->backends->store, ctx->cfg, "access",
	                           hash, err);
}

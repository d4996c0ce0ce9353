/* SPDX-License-Identifier: AGPL-3.0-or-later
 * authorization_code.c: authorization codes in Redis.  Redeeming a code is a
 * compare-and-set to a marker with the hashes of the tokens issued: one request
 * succeeds, and each other one, also a concurrent one, finds the marker and
 * revokes the tokens (RFC 6749 4.1.2: "SHOULD revoke all tokens previously
 * issued based on that code"). */
#include "idp/oauth/authorization_code.h"

#include "lib/random.h"

enum { AUTH_CODE_LIFETIME_S = 60, USED_CODE_LIFETIME_S = 10 * 60 };

bool auth_code_issue(struct request_context *ctx,
                     const struct auth_code *auth_code, char **ret_code,
                     struct error *err)
{
	json_t *value = grant_to_json(ctx->arena, auth_code->grant);
	char *code = random_secret(ctx->arena);

	js_set_string(value, "redirect", auth_code->redirect_uri);
	js_set_string(value, "challenge", auth_code->code_challenge);
	js_set_string(value, "nonce", auth_code->nonce);
	if (!store_put(ctx->backends->store, ctx->cfg, "code", code, value,
	               AUTH_CODE_LIFETIME_S, false, NULL, err))
		return false;
	grant_prefetch_hint(ctx, auth_code->grant, code);
	*ret_code = code;
	return true;
}

bool auth_code_lookup(struct request_context *ctx, const char *code,
                      struct auth_code **ret_code, struct error *err)
{
	const struct grant *g;
	json_t *value;

	if (!grant_lookup(ctx, "code", code, &value, &g, err))
		return false;
	*ret_code = NULL;
	if (!value)
		return true;
	struct auth_code *found = arena_new(ctx->arena, struct auth_code);

	*found = (struct auth_code){
		.grant = js_true(value, "used") ? NULL : g,
		.redirect_uri = js_string(value, "redirect"),
		.code_challenge = js_string(value, "challenge"),
		.nonce = js_string(value, "nonce"),
		.access_hash = js_string(value, "access"),
		.family_hash = js_string(value, "family"),
		.stored_value = value,
	};
	*ret_code = found;
	return true;
}

bool auth_code_redeem(struct request_context *ctx, const char *code,
                      const struct auth_code *found,
                      const struct unsaved_token *access,
                      const struct unsaved_token *family,
                      struct store_token_request *signing, bool *ret_redeemed,
                      struct error *err)
{
	json_t *marker =
	    js_own(ctx->arena, json_pack("{s:i, s:b, s:s}", "v", 1, "used",
	                                 true, "access", access->hash));
	const struct store_item used_item = { "code", code, marker,
		                              USED_CODE_LIFETIME_S };
	const struct store_item issued[] = {
		access->item,
		family ? family->item : (struct store_item){ 0 },
	};

	js_set_string(marker, "family", family ? family->hash : NULL);
	if (!store_cas_multi(ctx->backends->store, ctx->cfg,
	                     found->stored_value, &used_item, issued,
	                     family ? 2 : 1, signing, ret_redeemed, err))
		return false;
	grant_prefetch_hint(ctx, found->grant, access->token);
	if (family)
		grant_prefetch_hint(ctx, found->grant, family->item.secret);
	return true;
}

bool auth_code_invalidate(struct request_context *ctx, const char *code,
                          struct error *err)
{
	return store_delete(ctx->backends->store, ctx->cfg, "code", code, err);
}

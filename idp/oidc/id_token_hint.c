/* SPDX-License-Identifier: AGPL-3.0-or-later
 * id_token_hint.c: verifies the id_token_hint parameter (OpenID Connect Core
 * 3.1.2.1, RP-Initiated Logout 2). */
#include "idp/oidc/id_token_hint.h"

#include <string.h>

#include "idp/jose/jws_verify.h"

bool id_token_hint_verify(struct request_context *ctx, const char *token,
                          struct id_token_hint *ret, struct error *err)
{
	const struct public_keys *published;
	const struct jwks *keys;
	json_t *claims;

	if (!issuer_public_keys(ctx, ctx->issuer, &published, err) ||
	    !jwks_parse(ctx->arena, published->jwks, strlen(published->jwks),
	                &keys, err) ||
	    !jwt_verify_id_token_hint(ctx->arena, token, keys, ctx->issuer->url,
	                              &claims, err))
		return false;
	const char *client = js_string(claims, "aud");
	const struct service *s =
	    client ? config_service_by_client_id(ctx->cfg, ctx->issuer, client)
		   : NULL;

	if (!s || !s->oidc)
		return error_set(err, ERROR_INVALID,
		                 "id_token_hint: aud is not a known client");
	*ret = (struct id_token_hint){
		.service = s,
		.sub = js_string(claims, "sub"),
		.sid = js_string(claims, "sid"),
	};
	return true;
}

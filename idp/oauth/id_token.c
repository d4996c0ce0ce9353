/* SPDX-License-Identifier: AGPL-3.0-or-later
 * id_token.c: the claims of an ID token (OpenID Connect Core 2).  Claims about
 * the person are in userinfo (Core 5.4); here are only those requested by name
 * in the claims parameter. */
#include "idp/oauth/id_token.h"

#include <string.h>

#include "idp/oauth/signer_client.h"
#include "lib/base64.h"
#include "lib/clock.h"
#include "lib/hash.h"
#include "lib/strbuf.h"

/* Core 3.1.3.6: at_hash, the left half of the access token's SHA-256: the hash
 * of both RS256 and ES256. */
static char *id_token_at_hash(struct arena *a, const char *token)
{
	unsigned char digest[HASH_SHA256_SIZE];

	hash_sha256(token, strlen(token), digest);
	return base64url_encode(a, digest, HASH_SHA256_SIZE / 2);
}

json_t *id_token_build_claims(struct arena *a, const struct issuer *i,
                              const struct grant *g, const char *nonce,
                              const char *access_token, int64_t now)
{
	json_t *claims = js_own(a, json_object());

	/* First, so that none can replace a claim set below. */
	if (g->id_token_claims)
		(void)json_object_update(claims, g->id_token_claims);
	js_set_string(claims, "iss", i->url);
	js_set_string(claims, "sub", g->sub);
	js_set_string(claims, "aud", g->client);
	(void)json_object_set_new(claims, "iat", json_integer(now));
	(void)json_object_set_new(claims, "exp",
	                          json_integer(now + ID_TOKEN_LIFETIME_S));
	(void)json_object_set_new(claims, "auth_time",
	                          json_integer(g->auth_time));
	js_set_string(claims, "nonce", nonce);
	js_set_string(claims, "acr", g->acr);
	(void)json_object_set_new(claims, "amr", json_pack("[s]", g->method));
	js_set_string(claims, "sid", g->sid);
	js_set_string(claims, "at_hash", id_token_at_hash(a, access_token));
	return claims;
}

struct store_token_request id_token_request(struct request_context *ctx,
                                            const struct service *s,
                                            const struct grant *g,
                                            const char *nonce,
                                            const char *access_token)
{
	json_t *claims = id_token_build_claims(ctx->arena, s->issuer, g, nonce,
	                                       access_token, clock_now());

	return (struct store_token_request){
		.arena = ctx->arena,
		.request =
		    signer_token_request(ctx->arena, s, TOKEN_KIND_ID, claims),
	};
}

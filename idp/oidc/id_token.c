/* SPDX-License-Identifier: AGPL-3.0-or-later
 * id_token.c: the claims of an ID token (OpenID Connect Core 2).  Claims about
 * the person are in userinfo (Core 5.4); here are only those requested by name
 * in the claims parameter. */
#include "idp/oidc/id_token.h"

#include <string.h>

#include "idp/oidc/sign.h"
#include "lib/base64.h"
#include "lib/clock.h"
#include "lib/hash.h"
#include "lib/text.h"

/* Core 3.1.3.6: at_hash, the left half of the access token's SHA-256: the hash
 * of both RS256 and ES256. */
static char *half_hash(struct arena *a, const char *token)
{
	unsigned char digest[HASH_SHA256];

	hash_sha256(token, strlen(token), digest);
	return base64url_write(a, digest, HASH_SHA256 / 2);
}

json_t *id_token_claims(struct arena *a, const struct issuer *i,
                        const struct grant *g, const char *nonce,
                        const char *access_token, int64_t now)
{
	json_t *claims = js_keep(a, json_object());

	/* First, so that none can replace a claim set below. */
	if (g->in_token)
		(void)json_object_update(claims, g->in_token);
	js_put(claims, "iss", i->url);
	js_put(claims, "sub", g->sub);
	js_put(claims, "aud", g->client);
	(void)json_object_set_new(claims, "iat", json_integer(now));
	(void)json_object_set_new(claims, "exp",
	                          json_integer(now + ID_TOKEN_LIFE));
	(void)json_object_set_new(claims, "auth_time",
	                          json_integer(g->proved_at));
	js_put(claims, "nonce", nonce);
	js_put(claims, "acr", g->acr);
	(void)json_object_set_new(claims, "amr", json_pack("[s]", g->method));
	js_put(claims, "sid", g->sid);
	js_put(claims, "at_hash", half_hash(a, access_token));
	return claims;
}

struct store_along id_token_along(struct visit *v, const struct service *s,
                                  const struct grant *g, const char *nonce,
                                  const char *access_token)
{
	json_t *claims = id_token_claims(v->arena, s->issuer, g, nonce,
	                                 access_token, clock_now());

	return (struct store_along){
		.arena = v->arena,
		.question = sign_question(v->arena, s, "id", claims),
	};
}

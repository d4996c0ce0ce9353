/* SPDX-License-Identifier: AGPL-3.0-or-later
 * id_token_hint.c: verifies the id_token_hint parameter (OpenID Connect Core
 * 3.1.2.1, RP-Initiated Logout 2). */
#include "idp/oidc/hint.h"

#include <string.h>

#include "idp/jose/verify.h"

bool hint_read(struct visit *v, const char *token, struct hint *ret,
               struct fault *why)
{
	const struct public_keys *ours;
	const struct keyset *keys;
	json_t *claims;

	if (!visit_public_keys(v, v->issuer, &ours, why) ||
	    !keyset_read_text(v->arena, ours->jwks, strlen(ours->jwks), &keys,
	                      why) ||
	    !jose_hint(v->arena, token, keys, v->issuer->url, &claims, why))
		return false;
	const char *client = js_string(claims, "aud");
	const struct service *s =
	    client ? region_client(v->region, v->issuer, client) : NULL;

	if (!s || !s->oidc)
		return fault(why, FAULT_INVALID, "the hint is nobody's");
	*ret = (struct hint){
		.service = s,
		.sub = js_string(claims, "sub"),
		.sid = js_string(claims, "sid"),
	};
	return true;
}

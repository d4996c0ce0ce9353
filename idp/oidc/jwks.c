/* SPDX-License-Identifier: AGPL-3.0-or-later
 * jwks_endpoint.c: the issuer's public keys as a JWK Set (RFC 7517 5), as the
 * signer published them. */
#include "idp/oidc/oidc.h"

#include <string.h>

#include "idp/oidc/refusal.h"

void oidc_jwks(struct visit *v)
{
	const struct public_keys *keys;
	struct fault why = { 0 };

	if (!refuse_other_methods(v, METHOD_GET | METHOD_HEAD))
		return;
	if (!visit_public_keys(v, v->issuer, &keys, &why)) {
		(void)refuse_away(v, &why);
		return;
	}
	answer_text(v->answer, 200, "application/jwk-set+json", keys->jwks,
	            strlen(keys->jwks));
	v->answer->may_be_cached = true;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * jwks_endpoint.c: the issuer's public keys as a JWK Set (RFC 7517 5), as the
 * signer published them. */
#include "idp/oidc/oidc.h"

#include <string.h>

#include "idp/oauth/oauth_error.h"

void oidc_jwks(struct request_context *ctx)
{
	const struct public_keys *keys;
	struct error err = { 0 };

	if (!oauth_require_method(ctx, METHOD_GET | METHOD_HEAD))
		return;
	if (!issuer_public_keys(ctx, ctx->issuer, &keys, &err)) {
		(void)oauth_error_unavailable(ctx, &err);
		return;
	}
	response_set_body(ctx->response, 200, "application/jwk-set+json",
	                  keys->jwks, strlen(keys->jwks));
	ctx->response->cacheable = true;
}

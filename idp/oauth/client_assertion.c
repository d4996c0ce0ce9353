/* SPDX-License-Identifier: AGPL-3.0-or-later
 * client_assertion.c: client authentication by private_key_jwt (RFC 7523 2.2
 * and 3, OpenID Connect Core 9). */
#include "idp/oauth/client_assertion.h"

#include "idp/jose/jws_verify.h"
#include "lib/clock.h"

bool client_assertion_issuer(struct arena *a, const char *assertion,
                             const char **ret_client_id, struct error *err)
{
	const char *client_id = jwt_client_assertion_issuer(a, assertion);

	if (!client_id)
		return error_set(err, ERROR_INVALID,
		                 "client_assertion has no valid iss and sub");
	*ret_client_id = client_id;
	return true;
}

/* RFC 7523 3 (7): rejects a repeated jti.  A session store that is unavailable
 * is an error. */
static bool client_assertion_check_replay(struct request_context *ctx,
                                          const struct oidc_client *c,
                                          const char *jti, int64_t ttl,
                                          struct error *err)
{
	bool is_new;

	if (!store_add_if_absent(ctx->backends->store, ctx->cfg, c->id, jti,
	                         ttl, &is_new, err))
		return false;
	return is_new || error_set(err, ERROR_INVALID,
	                           "client_assertion was used before (jti)");
}

bool client_assertion_verify(struct request_context *ctx,
                             const struct oidc_client *c, const char *assertion,
                             struct error *err)
{
	/* Only the issuer: another issuer could publish the same token
	 * endpoint URL (RFC 7523bis). */
	const char *const audiences[] = { ctx->issuer->url, NULL };
	const struct jwks *keys;
	const int64_t now = clock_now();
	const char *jti;
	int64_t exp;

	if (!jwks_load_file(ctx->arena, c->jwks, &keys, err) ||
	    !jwt_verify_client_assertion(ctx->arena, assertion, keys, c->id,
	                                 audiences, now, &jti, &exp, err))
		return false;
	return client_assertion_check_replay(ctx, c, jti, exp - now + 1, err);
}

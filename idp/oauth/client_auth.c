/* SPDX-License-Identifier: AGPL-3.0-or-later
 * client_auth.c: client authentication (RFC 6749 2.3, OpenID Connect Core 9),
 * only by a method that the client is registered for: a client with a key must
 * not be able to authenticate by a secret. */
#include "idp/oauth/client_auth.h"

#include <string.h>

#include "idp/oauth/client_assertion.h"
#include "idp/oauth/client_auth_params.h"
#include "idp/oauth/oauth_error.h"
#include "lib/hash.h"
#include "lib/log.h"

static bool client_auth_method_is_registered(const struct oidc_client *c,
                                             enum client_auth_method method)
{
	switch (method) {
	case CLIENT_SECRET_BASIC:
		return c->secret && c->auth_client_secret_basic &&
		       !c->auth_private_key_jwt_only;
	case CLIENT_SECRET_POST:
		return c->secret && c->auth_client_secret_post &&
		       !c->auth_private_key_jwt_only;
	case PRIVATE_KEY_JWT:
		return c->jwks;
	case CLIENT_AUTH_NONE:
		return c->public_client;
	}
	return false;
}

/* Compares hashes: the time depends neither on the secret nor its length. */
static bool client_auth_secrets_are_equal(const char *x, const char *y)
{
	unsigned char hash_x[HASH_SHA256_SIZE], hash_y[HASH_SHA256_SIZE];

	hash_sha256(x, strlen(x), hash_x);
	hash_sha256(y, strlen(y), hash_y);
	return hash_equal(hash_x, hash_y, HASH_SHA256_SIZE);
}

static bool client_auth_check_secret(struct request_context *ctx,
                                     const struct oidc_client *c,
                                     const struct client_auth_params *params,
                                     struct error *err)
{
	char *secret = NULL;

	if (!config_read_secret(ctx->cfg, ctx->arena, c->secret, &secret, err))
		return false;
	if (!*secret || !client_auth_secrets_are_equal(secret, params->secret))
		return error_set(err, ERROR_INVALID, "client_secret is wrong");
	return true;
}

static bool client_auth_check(struct request_context *ctx,
                              const struct oidc_client *c,
                              const struct client_auth_params *params,
                              struct error *err)
{
	if (!client_auth_method_is_registered(c, params->method))
		return error_set(
		    err, ERROR_INVALID,
		    "authentication method is not registered for the client");
	switch (params->method) {
	case CLIENT_SECRET_BASIC:
	case CLIENT_SECRET_POST:
		return client_auth_check_secret(ctx, c, params, err);
	case PRIVATE_KEY_JWT:
		return client_assertion_verify(ctx, c, params->assertion, err);
	case CLIENT_AUTH_NONE:
		return true;
	}
	return false;
}

/* Takes as long as for a known client, except for reading its secret; client
 * ids are public. */
static void client_auth_equalize_time(const struct client_auth_params *params)
{
	(void)client_auth_secrets_are_equal(
	    params->secret ? params->secret : "", "nobody");
}

static bool client_auth_find(struct request_context *ctx,
                             const struct service **ret_service,
                             struct error *err)
{
	struct client_auth_params params;

	if (!client_auth_params_read(ctx->arena, ctx->request, &params, err))
		return false;
	if (!params.id && !client_assertion_issuer(ctx->arena, params.assertion,
	                                           &params.id, err))
		return false;
	const struct service *s =
	    config_service_by_client_id(ctx->cfg, ctx->issuer, params.id);

	if (!s || !s->oidc) {
		client_auth_equalize_time(&params);
		return error_set(err, ERROR_INVALID, "unknown client_id");
	}
	if (!client_auth_check(ctx, s->oidc, &params, err)) {
		log_event(LOG_OAUTH_CLIENT_DENIED, "service", s->name, "error",
		          err->text, NULL);
		return false;
	}
	*ret_service = s;
	return true;
}

bool client_authenticate(struct request_context *ctx,
                         const struct service **ret_service)
{
	struct error err = { 0 };

	if (client_auth_find(ctx, ret_service, &err))
		return true;
	if (err.kind == ERROR_UNAVAILABLE)
		return oauth_error_unavailable(ctx, &err);
	return oauth_error_reply(ctx, OAUTH_INVALID_CLIENT,
	                         "client authentication failed");
}

bool client_authenticate_confidential(struct request_context *ctx,
                                      const struct service **ret_service)
{
	const struct service *s;

	if (!client_authenticate(ctx, &s))
		return false;
	if (s->oidc->public_client)
		return oauth_error_reply(ctx, OAUTH_INVALID_CLIENT,
		                         "client authentication failed");
	*ret_service = s;
	return true;
}

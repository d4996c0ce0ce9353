/* SPDX-License-Identifier: AGPL-3.0-or-later
 * introspection.c: token introspection (RFC 7662).  A token of another client
 * is reported as inactive (RFC 7662 2.2). */
#include "idp/oauth/oauth.h"

#include <string.h>

#include "idp/oauth/access_token.h"
#include "idp/oauth/client_auth.h"
#include "idp/oauth/oauth_error.h"
#include "idp/oauth/refresh_token.h"
#include "lib/clock.h"
#include "lib/strbuf.h"

struct introspection {
	const struct grant *grant; /* NULL: inactive */
	int64_t expires_at;
	const char *token_type; /* NULL: a refresh token */
};

static bool introspect_access_token(struct request_context *ctx,
                                    const char *token,
                                    struct introspection *ret,
                                    struct error *err)
{
	ret->token_type = "Bearer";
	return access_token_lookup(ctx, token, &ret->grant, &ret->expires_at,
	                           err);
}

static bool introspect_refresh_token(struct request_context *ctx,
                                     const char *token,
                                     struct introspection *ret,
                                     struct error *err)
{
	struct refresh_token_family *family;

	if (!refresh_token_lookup(ctx, token, &family, err))
		return false;
	if (!family || !family->is_current || family->expires_at <= clock_now())
		return true;
	if (family->grant->session_valid)
		*ret =
		    (struct introspection){ .grant = family->grant,
			                    .expires_at = family->expires_at };
	return true;
}

static void introspection_reply(struct request_context *ctx,
                                const struct introspection *result)
{
	json_t *body = js_own(ctx->arena, json_object());

	(void)json_object_set_new(body, "active", json_boolean(result->grant));
	if (result->grant) {
		js_set_string(body, "iss", ctx->issuer->url);
		js_set_string(body, "sub", result->grant->sub);
		js_set_string(body, "aud", result->grant->client);
		js_set_string(body, "client_id", result->grant->client);
		js_set_string(body, "scope", result->grant->scope);
		js_set_string(body, "token_type", result->token_type);
		(void)json_object_set_new(
		    body, "iat", json_integer(result->grant->issued_at));
		(void)json_object_set_new(body, "exp",
		                          json_integer(result->expires_at));
	}
	response_json(ctx->response, 200, body);
}

void oauth_introspection_endpoint(struct request_context *ctx)
{
	const char *token = request_form(ctx->request, "token");
	const struct service *s;
	struct error err = { 0 };
	struct introspection result = { 0 };

	if (!oauth_require_single_params(ctx) ||
	    !client_authenticate_confidential(ctx, &s))
		return;
	if (!token || !*token) {
		(void)oauth_error_reply(ctx, OAUTH_INVALID_REQUEST,
		                        "token is missing");
		return;
	}
	if (!(strchr(token, '.')
	          ? introspect_refresh_token(ctx, token, &result, &err)
	          : introspect_access_token(ctx, token, &result, &err))) {
		(void)oauth_error_unavailable(ctx, &err);
		return;
	}
	if (result.grant && !grant_is_for(ctx, result.grant, s))
		result.grant = NULL;
	introspection_reply(ctx, &result);
}

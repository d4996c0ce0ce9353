/* SPDX-License-Identifier: AGPL-3.0-or-later
 * userinfo.c: the UserInfo endpoint (OpenID Connect Core 5.3): the claims of
 * the access token's grant, as they were when it was issued. */
#include "idp/oidc/oidc.h"

#include <string.h>
#include <strings.h>

#include "idp/oauth/access_token.h"
#include "idp/oauth/oauth_error.h"
#include "idp/oauth/scope.h"

/* RFC 6750 2.1 and 2.2: the token is in the header or the form, not in both;
 * never in the query (2.3), which appears in logs and Referer. */
static bool userinfo_find_token(struct request_context *ctx,
                                const char **ret_token)
{
	const char *header = request_header(ctx->request, "authorization");
	const char *form = request_form(ctx->request, "access_token");

	if (request_query(ctx->request, "access_token"))
		return bearer_error_reply(
		    ctx, OAUTH_INVALID_REQUEST,
		    "access_token in the query is not allowed");
	if (header && form)
		return bearer_error_reply(
		    ctx, OAUTH_INVALID_REQUEST,
		    "access token in both header and body");
	if (header && strncasecmp(header, "Bearer ", 7) != 0)
		return bearer_error_reply(ctx, NULL, NULL);
	const char *token = header ? header + 7 : form;

	if (!token || !*token)
		return bearer_error_reply(ctx, NULL, NULL);
	*ret_token = token;
	return true;
}

static bool userinfo_reply(struct request_context *ctx, const struct grant *g)
{
	json_t *body = js_own(ctx->arena, json_object());

	if (g->userinfo_claims)
		(void)json_object_update(body, g->userinfo_claims);
	js_set_string(body, "sub", g->sub);
	response_json(ctx->response, 200, body);
	return true;
}

void oidc_userinfo(struct request_context *ctx)
{
	const struct grant *g;
	struct error err = { 0 };
	const char *token = NULL;
	int64_t expires_at;

	if (!oauth_require_method(ctx, METHOD_GET | METHOD_POST) ||
	    !userinfo_find_token(ctx, &token))
		return;
	if (!access_token_lookup(ctx, token, &g, &expires_at, &err))
		(void)oauth_error_unavailable(ctx, &err);
	else if (!g)
		(void)bearer_error_reply(
		    ctx, OAUTH_INVALID_TOKEN,
		    "access token is unknown, expired or revoked");
	else if (!g->sid || !scope_has(g->scope, "openid"))
		(void)bearer_error_reply(
		    ctx, OAUTH_INSUFFICIENT_SCOPE,
		    "access token was not issued with scope openid");
	else
		(void)userinfo_reply(ctx, g);
}

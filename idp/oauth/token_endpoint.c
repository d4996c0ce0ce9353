/* SPDX-License-Identifier: AGPL-3.0-or-later
 * token_endpoint.c: the token endpoint (RFC 6749 3.2, OpenID Connect Core
 * 3.1.3).  A code or refresh token is consumed and its new tokens are stored
 * in one atomic operation: of two concurrent requests one succeeds, and a
 * crash costs a new login at most. */
#include "idp/oauth/oauth.h"

#include "idp/oauth/access_token.h"
#include "idp/oauth/authorization_code.h"
#include "idp/oauth/client_auth.h"
#include "idp/oauth/id_token.h"
#include "idp/oauth/oauth_error.h"
#include "idp/oauth/pkce.h"
#include "idp/oauth/refresh_token.h"
#include "idp/oauth/scope.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/strbuf.h"

/* The tokens of a successful response (RFC 6749 5.1). */
struct token_response {
	const struct grant *grant;
	struct unsaved_token access_token;
	char *refresh_token; /* or NULL */
	char *id_token;
};

static void token_response_send(struct request_context *ctx,
                                const struct token_response *response)
{
	json_t *body = js_own(ctx->arena, json_object());

	js_set_string(body, "access_token", response->access_token.token);
	js_set_string(body, "token_type", "Bearer");
	(void)json_object_set_new(body, "expires_in",
	                          json_integer(ACCESS_TOKEN_LIFETIME_S));
	js_set_string(body, "refresh_token", response->refresh_token);
	js_set_string(body, "id_token", response->id_token);
	js_set_string(body, "scope", response->grant->scope);
	response_json(ctx->response, 200, body);
}

/* ---- authorization_code ---- */

/* RFC 6749 4.1.2: a reused code may be stolen; revokes its tokens. */
static bool token_reject_code_reuse(struct request_context *ctx,
                                    const struct service *s,
                                    const struct auth_code *reused)
{
	struct error err = { 0 };

	log_event(LOG_OAUTH_CODE_REUSED, "service", s->name, NULL);
	if (reused->access_hash &&
	    !access_token_revoke(ctx, reused->access_hash, &err))
		return oauth_error_unavailable(ctx, &err);
	if (reused->family_hash &&
	    !refresh_token_revoke_family(ctx, reused->family_hash, &err))
		return oauth_error_unavailable(ctx, &err);
	return oauth_error_reply(ctx, OAUTH_INVALID_GRANT,
	                         "code was used before");
}

static const char *token_code_mismatch(struct request_context *ctx,
                                       const struct service *s,
                                       const struct auth_code *c)
{
	const char *verifier = request_form(ctx->request, "code_verifier");

	if (!grant_is_for(ctx, c->grant, s))
		return "code was issued to another client";
	if (!text_equal(c->redirect_uri,
	                request_form(ctx->request, "redirect_uri")))
		return "redirect_uri differs from the authorization request";
	if (!pkce_verify(ctx->arena, c->code_challenge, verifier))
		return "code_verifier does not match code_challenge";
	return NULL;
}

/* A mismatch invalidates the code: no second attempt. */
static bool token_check_code(struct request_context *ctx,
                             const struct service *s, const char *code,
                             const struct auth_code *c)
{
	const char *mismatch = token_code_mismatch(ctx, s, c);
	struct error err = { 0 };

	if (mismatch) {
		log_event(LOG_OAUTH_CODE_DENIED, "service", s->name, "error",
		          mismatch, NULL);
		return auth_code_invalidate(ctx, code, &err)
		           ? oauth_error_reply(ctx, OAUTH_INVALID_GRANT,
		                               mismatch)
		           : oauth_error_unavailable(ctx, &err);
	}
	return c->grant->session_valid ||
	       oauth_error_reply(ctx, OAUTH_INVALID_GRANT, "session has ended");
}

/* A concurrent request redeemed the code: its tokens are revoked. */
static bool token_code_lost_race(struct request_context *ctx,
                                 const struct service *s, const char *code)
{
	struct error err = { 0 };
	struct auth_code *current;

	if (!auth_code_lookup(ctx, code, &current, &err))
		return oauth_error_unavailable(ctx, &err);
	if (current && !current->grant)
		return token_reject_code_reuse(ctx, s, current);
	return oauth_error_reply(ctx, OAUTH_INVALID_GRANT,
	                         "code was used before");
}

static bool token_redeem_code(struct request_context *ctx,
                              const struct service *s, const char *code,
                              const struct auth_code *c)
{
	struct token_response response = { .grant = c->grant };
	struct unsaved_token family;
	struct error err = { 0 };
	struct store_token_request signing;
	bool redeemed;

	response.access_token = access_token_create(ctx, c->grant);
	signing = id_token_request(ctx, s, c->grant, c->nonce,
	                           response.access_token.token);
	if (s->oidc->grant_refresh_token &&
	    refresh_token_may_create(ctx, c->grant)) {
		family =
		    refresh_token_create(ctx, c->grant, &response.access_token);
		response.refresh_token = family.token;
	}
	if (!auth_code_redeem(ctx, code, c, &response.access_token,
	                      response.refresh_token ? &family : NULL, &signing,
	                      &redeemed, &err))
		return oauth_error_unavailable(ctx, &err);
	if (!redeemed)
		return token_code_lost_race(ctx, s, code);
	response.id_token = signing.token;
	token_response_send(ctx, &response);
	return true;
}

static bool token_grant_code(struct request_context *ctx,
                             const struct service *s)
{
	const char *code = request_form(ctx->request, "code");
	struct error err = { 0 };
	struct auth_code *c;

	if (!code || !*code)
		return oauth_error_reply(ctx, OAUTH_INVALID_REQUEST,
		                         "code is missing");
	if (!auth_code_lookup(ctx, code, &c, &err))
		return oauth_error_unavailable(ctx, &err);
	if (!c)
		return oauth_error_reply(ctx, OAUTH_INVALID_GRANT,
		                         "code is unknown or expired");
	if (!c->grant)
		return token_reject_code_reuse(ctx, s, c);
	return token_check_code(ctx, s, code, c) &&
	       token_redeem_code(ctx, s, code, c);
}

/* ---- refresh_token ---- */

static bool token_reject_refresh_reuse(
    struct request_context *ctx, const struct refresh_token_family *family)
{
	struct error err = { 0 };

	log_event(LOG_OAUTH_REFRESH_TOKEN_REUSED, "service",
	          family->grant->service, "person",
	          family->grant->person ? family->grant->person : "", NULL);
	if (!refresh_token_revoke_family(
		ctx, refresh_token_family_hash(ctx->arena, family), &err))
		return oauth_error_unavailable(ctx, &err);
	return oauth_error_reply(ctx, OAUTH_INVALID_GRANT,
	                         "refresh_token was used before");
}

static bool token_check_refresh(struct request_context *ctx,
                                const struct service *s,
                                const struct refresh_token_family *family)
{
	const char *scope = request_form(ctx->request, "scope");

	if (!family || !grant_is_for(ctx, family->grant, s) ||
	    family->expires_at <= clock_now())
		return oauth_error_reply(ctx, OAUTH_INVALID_GRANT,
		                         "refresh_token is unknown or expired");
	if (!family->is_current)
		return token_reject_refresh_reuse(ctx, family);
	/* RFC 6749 6: no scope beyond the granted one; a subset is accepted,
	 * but the tokens keep the granted scope. */
	if (scope &&
	    (!scope_is_valid(scope) ||
	     !scope_is_subset(ctx->arena, scope, family->grant->scope)))
		return oauth_error_reply(ctx, OAUTH_INVALID_SCOPE,
		                         "scope exceeds the granted scope");
	return family->grant->session_valid ||
	       oauth_error_reply(ctx, OAUTH_INVALID_GRANT, "session has ended");
}

static bool token_grant_refresh(struct request_context *ctx,
                                const struct service *s)
{
	const char *token = request_form(ctx->request, "refresh_token");
	struct error err = { 0 };
	struct refresh_token_family *family;
	bool done;

	if (!s->oidc->grant_refresh_token)
		return oauth_error_reply(
		    ctx, OAUTH_UNAUTHORIZED_CLIENT,
		    "grant_type is not registered for this client");
	if (!token || !*token)
		return oauth_error_reply(ctx, OAUTH_INVALID_REQUEST,
		                         "refresh_token is missing");
	if (!refresh_token_lookup(ctx, token, &family, &err))
		return oauth_error_unavailable(ctx, &err);
	if (!token_check_refresh(ctx, s, family))
		return false;
	struct token_response response = {
		.grant = family->grant,
		.access_token = access_token_create(ctx, family->grant),
	};
	struct store_token_request signing = id_token_request(
	    ctx, s, family->grant, NULL, response.access_token.token);

	if (!refresh_token_rotate(ctx, family, &response.access_token, &signing,
	                          &response.refresh_token, &done, &err))
		return oauth_error_unavailable(ctx, &err);
	if (!done)
		return token_reject_refresh_reuse(ctx, family);
	response.id_token = signing.token;
	token_response_send(ctx, &response);
	return true;
}

/* ---- client_credentials ---- */

static bool token_grant_client_credentials(struct request_context *ctx,
                                           const struct service *s)
{
	const char *scope = request_form(ctx->request, "scope");
	struct error err = { 0 };

	if (!s->oidc->grant_client_credentials || s->oidc->public_client)
		return oauth_error_reply(
		    ctx, OAUTH_UNAUTHORIZED_CLIENT,
		    "grant_type is not registered for this client");
	if (scope && !scope_is_valid(scope))
		return oauth_error_reply(ctx, OAUTH_INVALID_SCOPE,
		                         "scope is malformed");
	const struct grant g = {
		.issuer = ctx->issuer->name,
		.service = s->name,
		.client = s->oidc->id,
		.sub = s->oidc->id,
		.scope = scope_filter_supported(ctx->arena, scope),
		.issued_at = clock_now(),
	};
	struct token_response response = { .grant = &g,
		                           .access_token =
		                               access_token_create(ctx, &g) };

	if (!access_token_store(ctx, &response.access_token, &err))
		return oauth_error_unavailable(ctx, &err);
	token_response_send(ctx, &response);
	return true;
}

static const struct {
	const char *type;
	bool (*issue)(struct request_context *ctx, const struct service *s);
} token_grants[] = {
	{ "authorization_code", token_grant_code },
	{ "refresh_token", token_grant_refresh },
	{ "client_credentials", token_grant_client_credentials },
};

void oauth_token_endpoint(struct request_context *ctx)
{
	const char *type = request_form(ctx->request, "grant_type");
	const struct service *s;

	if (!oauth_require_single_params(ctx) || !client_authenticate(ctx, &s))
		return;
	for (size_t i = 0; i < LENGTH(token_grants); i++) {
		if (text_equal(token_grants[i].type, type)) {
			(void)token_grants[i].issue(ctx, s);
			return;
		}
	}
	(void)oauth_error_reply(
	    ctx, type ? OAUTH_UNSUPPORTED_GRANT_TYPE : OAUTH_INVALID_REQUEST,
	    type ? "grant_type is not supported" : "grant_type is missing");
}

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * authorize.c: the authorization endpoint (OpenID Connect Core 3.1.2): checks
 * the request and creates an auth transaction.  Until client_id and
 * redirect_uri are validated, an error is shown as a page; after that it is an
 * authorization error response to the client (RFC 6749 4.1.2.1). */
#include "idp/oidc/oidc.h"

#include <string.h>

#include "idp/oauth/oauth_error.h"
#include "idp/oauth/pkce.h"
#include "idp/oauth/redirect_uri.h"
#include "idp/oauth/scope.h"
#include "idp/oidc/acr.h"
#include "idp/oidc/authorization_response.h"
#include "idp/oidc/claims_parameter.h"
#include "idp/oidc/id_token_hint.h"
#include "idp/page/page.h"
#include "lib/strbuf.h"

enum { NONCE_MAX = 512, LOGIN_HINT_MAX = 256, MAX_AGE_LIMIT = 1000000000 };

/* An authorization request and the auth transaction built from it. */
struct authz_request {
	struct request_context *ctx;
	struct auth_txn *txn;
	struct response_target target;
	const char *required_sub; /* of the claims parameter; NULL: any */
};

static const char *authz_param(const struct authz_request *authz,
                               const char *name)
{
	return request_param(authz->ctx->request, name);
}

static bool authz_error(const struct authz_request *authz, const char *error,
                        const char *description)
{
	authorization_response_error(authz->ctx, &authz->target, error,
	                             description);
	return false;
}

static bool authz_error_page(struct request_context *ctx, const char *reason)
{
	error_page_reason(ctx, reason, NULL, NULL);
	return false;
}

/* ---- before the redirect_uri is validated ---- */

static const char *const authz_single_params[] = {
	"client_id",     "redirect_uri",   "response_type",
	"response_mode", "scope",          "state",
	"nonce",         "prompt",         "max_age",
	"acr_values",    "ui_locales",     "login_hint",
	"id_token_hint", "claims",         "request",
	"request_uri",   "code_challenge", "code_challenge_method",
	"registration",  "display",        "claims_locales",
};

static bool authz_params_are_single(const struct request *r)
{
	for (size_t i = 0; i < LENGTH(authz_single_params); i++)
		if (request_param_repeated(r, authz_single_params[i]))
			return false;
	return true;
}

static bool authz_find_client(struct authz_request *authz)
{
	struct request_context *ctx = authz->ctx;
	const char *id = authz_param(authz, "client_id"),
		   *state = authz_param(authz, "state");
	const struct service *s =
	    id ? config_service_by_client_id(ctx->cfg, ctx->issuer, id) : NULL;

	if (!s || !s->oidc)
		return authz_error_page(ctx, "unknown-service");
	if (!redirect_uri_is_registered(s->oidc,
	                                authz_param(authz, "redirect_uri")))
		return authz_error_page(ctx, "unknown-address");
	/* It is returned unchanged, and the length of a URL is limited. */
	if (state && strlen(state) > STATE_MAX)
		return authz_error_page(ctx, "bad-request");
	authz->txn->issuer = ctx->issuer;
	authz->txn->service = s;
	authz->target = (struct response_target){
		.issuer = ctx->issuer,
		.redirect_uri = authz_param(authz, "redirect_uri"),
		.state = state,
	};
	return true;
}

/* ---- after that ---- */

/* Core 3.1.2.6: unsupported parameters are an error, never ignored: a request
 * object may contradict the parameters beside it. */
static bool authz_check_unsupported(struct authz_request *authz)
{
	if (authz_param(authz, "request"))
		return authz_error(authz, "request_not_supported", NULL);
	if (authz_param(authz, "request_uri"))
		return authz_error(authz, "request_uri_not_supported", NULL);
	if (authz_param(authz, "registration"))
		return authz_error(authz, "registration_not_supported", NULL);
	return true;
}

static bool authz_check_response_type(struct authz_request *authz)
{
	const char *type = authz_param(authz, "response_type");
	const char *mode = authz_param(authz, "response_mode");

	if (!type)
		return authz_error(authz, OAUTH_INVALID_REQUEST,
		                   "response_type is missing");
	if (!text_equal(type, "code"))
		return authz_error(authz, "unsupported_response_type",
		                   "response_type must be code");
	if (mode && !text_equal(mode, "query"))
		return authz_error(authz, OAUTH_INVALID_REQUEST,
		                   "response_mode must be query");
	return true;
}

static bool authz_check_scope(struct authz_request *authz)
{
	const char *scope = authz_param(authz, "scope");

	if (!scope_is_valid(scope) || !scope_has(scope, "openid"))
		return authz_error(authz, OAUTH_INVALID_SCOPE,
		                   "scope must contain openid");
	js_set_string(authz->txn->request, "scope",
	              scope_filter_supported(authz->ctx->arena, scope));
	return true;
}

/* RFC 9700 2.1.1: PKCE is required of every client, and only S256. */
static bool authz_check_pkce(struct authz_request *authz)
{
	const char *challenge = authz_param(authz, "code_challenge");

	if (!pkce_challenge_is_valid(
		authz->ctx->arena, challenge,
		authz_param(authz, "code_challenge_method")))
		return authz_error(authz, OAUTH_INVALID_REQUEST,
		                   "code_challenge with code_challenge_method "
		                   "S256 is required");
	js_set_string(authz->txn->request, "challenge", challenge);
	return true;
}

static bool authz_check_nonce(struct authz_request *authz)
{
	const char *nonce = authz_param(authz, "nonce");

	if (nonce && strlen(nonce) > NONCE_MAX)
		return authz_error(authz, OAUTH_INVALID_REQUEST,
		                   "nonce is too long");
	js_set_string(authz->txn->request, "nonce", nonce);
	return true;
}

static bool authz_check_prompt(struct authz_request *authz)
{
	size_t count;
	char **values = text_split(authz->ctx->arena,
	                           authz_param(authz, "prompt"), " ", &count);

	for (char **value = values; *value; value++) {
		if (text_equal(*value, "none"))
			authz->txn->is_passive = true;
		else if (text_equal(*value, "login"))
			authz->txn->force_authn = true;
		else if (!text_equal(*value, "consent") &&
		         !text_equal(*value, "select_account"))
			return authz_error(authz, OAUTH_INVALID_REQUEST,
			                   "prompt has an unknown value");
	}
	if (authz->txn->is_passive && count > 1)
		return authz_error(
		    authz, OAUTH_INVALID_REQUEST,
		    "prompt none cannot be combined with other values");
	return true;
}

static bool authz_check_max_age(struct authz_request *authz)
{
	const char *age = authz_param(authz, "max_age");
	long long seconds = -1;

	if (age && !text_to_number(age, 0, MAX_AGE_LIMIT, &seconds))
		return authz_error(authz, OAUTH_INVALID_REQUEST,
		                   "max_age must be a number of seconds");
	authz->txn->max_age = seconds;
	/* Core 3.1.2.1: 0 is equivalent to prompt=login. */
	if (seconds == 0)
		authz->txn->force_authn = true;
	return true;
}

static bool authz_check_claims(struct authz_request *authz)
{
	const char *claims = authz_param(authz, "claims");
	struct claims_request requested = { 0 };

	if (claims &&
	    !claims_request_parse(authz->ctx->arena, claims, &requested, NULL))
		return authz_error(authz, OAUTH_INVALID_REQUEST,
		                   "claims is malformed");
	if (requested.userinfo)
		(void)json_object_set(authz->txn->request, "userinfo",
		                      requested.userinfo);
	if (requested.id_token)
		(void)json_object_set(authz->txn->request, "in_token",
		                      requested.id_token);
	authz->required_sub = requested.sub;
	authz->txn->acr = acr_select(requested.acr);
	return true;
}

static bool authz_check_preferences(struct authz_request *authz)
{
	const char *hint = authz_param(authz, "login_hint");
	const char *acr = authz_param(authz, "acr_values");

	if (acr)
		authz->txn->acr = acr_select(acr);
	if (hint && strlen(hint) <= LOGIN_HINT_MAX)
		authz->txn->login_hint = hint;
	authz->txn->language =
	    ui_locales_select(authz->ctx->arena, authz->ctx->cfg,
	                      authz_param(authz, "ui_locales"));
	return true;
}

/* Core 3.1.2.1: login_required unless the person of the hint logs in. */
static bool authz_check_id_token_hint(struct authz_request *authz)
{
	const char *id_token = authz_param(authz, "id_token_hint");
	struct id_token_hint hint = { 0 };
	struct error err = { 0 };

	if (id_token &&
	    !id_token_hint_verify(authz->ctx, id_token, &hint, &err))
		return authz_error(
		    authz,
		    err.kind == ERROR_UNAVAILABLE
			? OAUTH_TEMPORARILY_UNAVAILABLE
			: "login_required",
		    "id_token_hint is not a valid ID token of this issuer");
	if (id_token && hint.service != authz->txn->service)
		return authz_error(
		    authz, "login_required",
		    "id_token_hint was issued to another client");
	if (authz->required_sub && hint.sub &&
	    !text_equal(authz->required_sub, hint.sub))
		return authz_error(authz, "login_required",
		                   "sub claim and id_token_hint differ");
	js_set_string(authz->txn->request, "sub",
	              hint.sub ? hint.sub : authz->required_sub);
	return true;
}

static bool (*const authz_checks[])(struct authz_request *authz) = {
	authz_check_unsupported, authz_check_response_type,
	authz_check_scope,       authz_check_pkce,
	authz_check_nonce,       authz_check_prompt,
	authz_check_max_age,     authz_check_claims,
	authz_check_preferences, authz_check_id_token_hint,
};

static bool authz_check(struct authz_request *authz)
{
	for (size_t i = 0; i < LENGTH(authz_checks); i++)
		if (!authz_checks[i](authz))
			return false;
	js_set_string(authz->txn->request, "redirect",
	              authz->target.redirect_uri);
	js_set_string(authz->txn->request, "state", authz->target.state);
	return true;
}

void oidc_authorize(struct request_context *ctx)
{
	struct auth_txn *txn = arena_new(ctx->arena, struct auth_txn);
	struct authz_request authz = { .ctx = ctx, .txn = txn };

	txn->protocol = "oidc";
	txn->request = js_own(ctx->arena, json_object());
	if (!(ctx->request->method & (METHOD_GET | METHOD_POST)))
		(void)authz_error_page(ctx, "wrong-method");
	else if (!ctx->issuer)
		(void)authz_error_page(ctx, "not-found");
	else if (!authz_params_are_single(ctx->request))
		(void)authz_error_page(ctx, "bad-request");
	else if (authz_find_client(&authz) && authz_check(&authz))
		login_start(ctx, txn);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * logout.c: the end_session_endpoint (OpenID Connect RP-Initiated Logout).
 * Without an id_token_hint that names this session the person must confirm the
 * logout: an image on another site must not end a session (CSRF). */
#include "idp/oidc/oidc.h"

#include <string.h>

#include "idp/logout/single_logout.h"
#include "idp/oauth/redirect_uri.h"
#include "idp/oidc/authorization_response.h"
#include "idp/oidc/id_token_hint.h"
#include "idp/oidc/logout.h"
#include "idp/page/page.h"
#include "lib/strbuf.h"

static void oidc_logout_error_page(struct request_context *ctx,
                                   const char *reason)
{
	error_page_reason(ctx, reason, NULL, NULL);
}

/* ---- on the login host: the session ---- */

static bool oidc_logout_names_session(const struct auth_txn *txn,
                                      const struct session *s)
{
	const char *sid = js_string(txn->request, "sid");

	return sid && text_equal(sid, s->sid);
}

/* Redirects to the confirmation page; with a post_logout_redirect_uri the auth
 * transaction is kept for after it. */
static void oidc_logout_confirm(struct request_context *ctx,
                                struct auth_txn *txn)
{
	struct error err = { 0 };

	if (!js_string(txn->request, "redirect"))
		response_redirect(
		    ctx->response,
		    arena_printf(ctx->arena, "%s/logout", ctx->cfg->login_url));
	else if (!txn->secret && !auth_txn_save(ctx, txn, &err))
		error_page_show(ctx, &err);
	else
		response_redirect(ctx->response,
		                  auth_txn_url(ctx, txn, "/logout"));
}

/* Returns the service that needs no notification: the one that requested the
 * logout, unless it has a backchannel_logout_uri (Back-Channel Logout 2.5). */
static const char *oidc_logout_unnotified_service(const struct auth_txn *txn)
{
	return txn->service && !txn->service->oidc->backchannel_logout_uri
	           ? txn->service->name
	           : NULL;
}

/* Without a post_logout_redirect_uri the response is the result page. */
static void oidc_logout_end_session(struct request_context *ctx,
                                    const struct auth_txn *txn,
                                    const struct session *s)
{
	const bool has_redirect_uri = js_string(txn->request, "redirect");

	logout_start(ctx, s, has_redirect_uri ? "oidc" : NULL,
	             has_redirect_uri ? txn->request : NULL,
	             oidc_logout_unnotified_service(txn));
}

static void oidc_logout_continue(struct request_context *ctx,
                                 struct auth_txn *txn)
{
	const struct session *s;
	struct error err = { 0 };

	if (!session_find(ctx, &s, &err)) {
		error_page_show(ctx, &err);
		return;
	}
	if (s && !oidc_logout_names_session(txn, s)) {
		oidc_logout_confirm(ctx, txn);
		return;
	}
	oidc_logout_end_session(ctx, txn, s);
}

static void oidc_logout_continue_txn(struct request_context *ctx)
{
	struct error err = { 0 };
	struct auth_txn *txn;

	if (!auth_txn_load(ctx, &txn, &err))
		error_page_show(ctx, &err);
	else if (!text_equal(txn->protocol, "oidc") ||
	         !js_true(txn->request, "leave"))
		oidc_logout_error_page(ctx, "bad-request");
	else
		oidc_logout_continue(ctx, txn);
}

/* ---- on the issuer's host: the request ---- */

static const char *const logout_single_params[] = {
	"id_token_hint", "client_id",   "post_logout_redirect_uri",
	"state",         "logout_hint", "ui_locales",
};

static bool oidc_logout_params_are_single(const struct request *r)
{
	for (size_t i = 0; i < LENGTH(logout_single_params); i++)
		if (request_param_repeated(r, logout_single_params[i]))
			return false;
	return true;
}

/* An invalid hint is ignored.  Returns false if it could not be verified, or
 * if it contradicts the client_id parameter. */
static bool oidc_logout_read_hint(struct request_context *ctx,
                                  struct id_token_hint *ret, struct error *err)
{
	const char *token = request_param(ctx->request, "id_token_hint");
	const char *client = request_param(ctx->request, "client_id");
	struct error hint_err = { 0 };

	if (!token)
		return true;
	if (!id_token_hint_verify(ctx, token, ret, &hint_err)) {
		if (hint_err.kind == ERROR_INVALID)
			return true;
		*err = hint_err;
		return false;
	}
	/* RP-Initiated Logout 2: "MUST verify that the Client Identifier
	 * matches the one used when issuing the ID Token". */
	if (client && !text_equal(client, ret->service->oidc->id))
		return error_set_reason(
		    err, ERROR_INVALID, "bad-request",
		    "client_id differs from aud of id_token_hint");
	return true;
}

static bool oidc_logout_read_redirect_uri(struct request_context *ctx,
                                          const struct id_token_hint *hint,
                                          json_t *request, struct error *err)
{
	const char *uri =
	    request_param(ctx->request, "post_logout_redirect_uri");
	const char *state = request_param(ctx->request, "state");

	if (state && strlen(state) > STATE_MAX)
		return error_set_reason(err, ERROR_INVALID, "bad-request",
		                        "state is too long");
	/* Without a hint there is no client to have registered it. */
	if (!uri || !hint->service)
		return true;
	if (!post_logout_redirect_uri_is_registered(hint->service->oidc, uri))
		return error_set_reason(
		    err, ERROR_INVALID, "unknown-address",
		    "post_logout_redirect_uri is not registered for %s",
		    hint->service->name);
	js_set_string(request, "redirect", uri);
	js_set_string(request, "state", state);
	return true;
}

static bool oidc_logout_read_request(struct request_context *ctx,
                                     struct auth_txn *txn, struct error *err)
{
	struct id_token_hint hint = { 0 };

	txn->request = js_own(ctx->arena, json_pack("{s:b}", "leave", true));
	if (!oidc_logout_read_hint(ctx, &hint, err) ||
	    !oidc_logout_read_redirect_uri(ctx, &hint, txn->request, err))
		return false;
	txn->service = hint.service;
	js_set_string(txn->request, "sid", hint.sid);
	return true;
}

/* A form POSTed by another site carries no SameSite cookie; the request that
 * follows the 303 does. */
static void oidc_logout_receive(struct request_context *ctx)
{
	struct auth_txn *txn = arena_new(ctx->arena, struct auth_txn);
	struct error err = { 0 };

	txn->protocol = "oidc";
	txn->issuer = ctx->issuer;
	txn->max_age = -1;
	if (!oidc_logout_read_request(ctx, txn, &err))
		error_page_show(ctx, &err);
	else if (ctx->on_login_host && ctx->request->method != METHOD_POST)
		oidc_logout_continue(ctx, txn);
	else if (!auth_txn_save(ctx, txn, &err))
		error_page_show(ctx, &err);
	else
		response_redirect(ctx->response,
		                  auth_txn_url(ctx, txn, "/oidc/logout"));
}

void oidc_logout(struct request_context *ctx)
{
	if (!(ctx->request->method & (METHOD_GET | METHOD_POST)))
		oidc_logout_error_page(ctx, "wrong-method");
	else if (ctx->on_login_host && request_query(ctx->request, "t"))
		oidc_logout_continue_txn(ctx);
	else if (!ctx->issuer)
		oidc_logout_error_page(ctx, "not-found");
	else if (!oidc_logout_params_are_single(ctx->request))
		oidc_logout_error_page(ctx, "bad-request");
	else
		oidc_logout_receive(ctx);
}

bool post_logout_redirect(struct request_context *ctx, const json_t *request,
                          bool all_done, struct error *err)
{
	const char *uri = js_string(request, "redirect");
	const struct http_field params[] = {
		{ "state", js_string(request, "state") },
	};

	/* The result page, shown before this, lists failed notifications. */
	(void)all_done;
	if (!uri)
		return error_set(err, ERROR_INVALID,
		                 "no post_logout_redirect_uri in the request");
	response_redirect(
	    ctx->response,
	    url_with_params(ctx->arena, uri, params, LENGTH(params)));
	return true;
}

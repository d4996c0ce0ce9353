/* SPDX-License-Identifier: AGPL-3.0-or-later
 * logout_endpoint.c: /logout on the login host.  A GET alone never ends a
 * session. */
#include "idp/web/logout_endpoint.h"

#include "idp/http/csrf.h"
#include "idp/page/page.h"
#include "idp/portal/portal.h"
#include "lib/strbuf.h"

/* Loads the logout request of a service from the parameter t.  Rejects a login
 * transaction: only a logout request has the member "leave". */
static bool logout_load_request(struct request_context *ctx,
                                struct auth_txn **ret_txn, struct error *err)
{
	struct auth_txn *txn;

	if (!auth_txn_load(ctx, &txn, err))
		return false;
	if (!js_true(txn->request, "leave"))
		return error_set_reason(err, ERROR_INVALID, "login-expired",
		                        "transaction is not a logout request");
	*ret_txn = txn;
	return true;
}

/* Loads the session and the logout request, each NULL if there is none.  On
 * error fills the response and returns false. */
static bool logout_load(struct request_context *ctx, const struct session **s,
                        struct auth_txn **txn)
{
	const char *txn_secret = request_param(ctx->request, "t");
	struct error err = { 0 };

	*txn = NULL;
	if (session_find(ctx, s, &err) && (!txn_secret || !*txn_secret ||
	                                   logout_load_request(ctx, txn, &err)))
		return true;
	error_page_show(ctx, &err);
	return false;
}

void logout_get(struct request_context *ctx)
{
	const char *logout_secret = request_query(ctx->request, "done");
	const struct session *s;
	struct auth_txn *txn;

	if (logout_secret) {
		logout_finish(ctx, logout_secret);
		return;
	}
	if (!logout_load(ctx, &s, &txn))
		return;
	if (txn && txn->language)
		ctx->language = txn->language;
	if (s || txn)
		logout_confirm_page(ctx, s, txn);
	else
		logout_start(ctx, NULL, NULL, NULL, NULL);
}

static bool logout_verify_form(struct request_context *ctx,
                               const struct session *s,
                               const struct auth_txn *txn)
{
	struct error err = { 0 };

	return csrf_verify(ctx->request, ctx->cfg->login_url,
	                   logout_form_purpose(ctx->arena, s, txn), &err);
}

/* Returns the name of the service that initiated the logout and so needs no
 * notification; NULL if it has a backchannel_logout_uri, because then it is
 * notified too (OIDC Back-Channel Logout 1.0, 2.5). */
static const char *logout_initiating_service(const struct auth_txn *txn)
{
	if (!txn->service ||
	    (txn->service->oidc && txn->service->oidc->backchannel_logout_uri))
		return NULL;
	return txn->service->name;
}

static void logout_for_service(struct request_context *ctx,
                               const struct session *s,
                               const struct auth_txn *txn)
{
	logout_start(ctx, s, txn->protocol, txn->request,
	             logout_initiating_service(txn));
}

void logout_post(struct request_context *ctx)
{
	const struct session *s;
	struct auth_txn *txn;

	if (!logout_load(ctx, &s, &txn))
		return;
	if (!logout_verify_form(ctx, s, txn))
		logout_confirm_page(ctx, s, txn);
	else if (txn)
		logout_for_service(ctx, s, txn);
	else
		logout_start(ctx, s, NULL, NULL, NULL);
}

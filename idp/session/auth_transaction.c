/* SPDX-License-Identifier: AGPL-3.0-or-later
 * auth_transaction.c: a login in progress: its value, its browser, its single
 * use. */
#include "idp/session/auth_transaction.h"

#include "idp/http/csrf.h"
#include "idp/session/transaction_storage.h"
#include "lib/clock.h"
#include "lib/hash.h"
#include "lib/random.h"
#include "lib/strbuf.h"

enum { VERSION = 1 };

static json_t *auth_txn_to_json(struct arena *a, const struct auth_txn *txn)
{
	json_t *value = js_own(a, json_object());

	json_object_set_new(value, "v", json_integer(VERSION));
	js_set_string(value, "id", txn->id);
	js_set_string(value, "front", txn->protocol);
	js_set_string(value, "issuer", txn->issuer ? txn->issuer->name : NULL);
	js_set_string(value, "service",
	              txn->service ? txn->service->name : NULL);
	js_set_string(value, "acr", txn->acr);
	js_set_string(value, "hint", txn->login_hint);
	js_set_string(value, "language", txn->language);
	js_set_string(value, "prove", txn->prove);
	js_set_string(value, "prove-in", txn->prove_in);
	js_set_string(value, "shown-to", txn->shown_to);
	js_set_string(value, "hand", txn->rp_binding);
	js_set_string(value, "browser", txn->browser_binding);
	json_object_set_new(value, "again", json_boolean(txn->force_authn));
	json_object_set_new(value, "silent", json_boolean(txn->is_passive));
	json_object_set_new(value, "max", json_integer(txn->max_age));
	json_object_set_new(value, "since", json_integer(txn->not_before));
	json_object_set_new(value, "made", json_integer(txn->created_at));
	if (txn->request)
		json_object_set(value, "request", txn->request);
	if (txn->result)
		json_object_set(value, "outcome", txn->result);
	return value;
}

static struct auth_txn *auth_txn_from_json(struct request_context *ctx,
                                           const json_t *value)
{
	struct auth_txn *txn = arena_new(ctx->arena, struct auth_txn);
	const char *issuer = js_string(value, "issuer");
	const char *service = js_string(value, "service");

	if (!value || js_number(value, "v", 0) != VERSION)
		return NULL;
	*txn = (struct auth_txn){
		.id = js_string(value, "id"),
		.protocol = js_string(value, "front"),
		.issuer = issuer ? config_issuer(ctx->cfg, issuer) : NULL,
		.service = service ? config_service(ctx->cfg, service) : NULL,
		.acr = js_string(value, "acr"),
		.login_hint = js_string(value, "hint"),
		.language = js_string(value, "language"),
		.prove = js_string(value, "prove"),
		.prove_in = js_string(value, "prove-in"),
		.shown_to = js_string(value, "shown-to"),
		.not_before = js_number(value, "since", 0),
		.rp_binding = js_string(value, "hand"),
		.browser_binding = js_string(value, "browser"),
		.force_authn = js_true(value, "again"),
		.is_passive = js_true(value, "silent"),
		.max_age = js_number(value, "max", -1),
		.created_at = js_number(value, "made", 0),
		.request = js_object(value, "request"),
		.result = js_object(value, "outcome"),
	};
	/* A configuration reload may have removed the issuer or service. */
	if (!txn->id || !txn->protocol || (issuer && !txn->issuer) ||
	    (service && !txn->service) ||
	    txn->created_at + AUTH_TXN_LIFETIME_S <= clock_now())
		return NULL;
	return txn;
}

/* A cross-site POST carries none of our cookies (SameSite=Lax), so the binding
 * is made after the 303 that follows. */
static void auth_txn_bind_browser(struct request_context *ctx,
                                  struct auth_txn *txn)
{
	const char **binding =
	    ctx->on_login_host ? &txn->browser_binding : &txn->rp_binding;
	const char *cookie =
	    ctx->on_login_host ? CSRF_COOKIE : RP_BINDING_COOKIE;

	if (*binding || ctx->request->method == METHOD_POST)
		return;
	*binding = hash_sha256_base64url(
	    ctx->arena,
	    csrf_secret_ensure(ctx->request, ctx->response, cookie));
}

bool auth_txn_save(struct request_context *ctx, struct auth_txn *txn,
                   struct error *err)
{
	char *sealed;

	if (!txn->created_at)
		txn->created_at = clock_now();
	if (!txn->id)
		txn->id = random_secret(ctx->arena);
	auth_txn_bind_browser(ctx, txn);
	json_t *value = auth_txn_to_json(ctx->arena, txn);

	if (txn->result || transaction_is_stored(txn->secret))
		return transaction_store(ctx, value, txn->secret, &txn->secret,
		                         err);
	if (!transaction_seal(ctx, value, &sealed, err))
		return false;
	txn->secret = sealed;
	return true;
}

static bool is_bound_to_cookie(const char *bound, const struct request *r,
                               const char *cookie)
{
	const char *secret = csrf_secret_find(r, cookie);

	return secret && hash_equal_strings(
			     bound, hash_sha256_base64url(r->arena, secret));
}

static bool auth_txn_check_browser(struct request_context *ctx,
                                   const struct auth_txn *txn,
                                   struct error *err)
{
	const char *bound =
	    ctx->on_login_host ? txn->browser_binding : txn->rp_binding;
	const char *cookie =
	    ctx->on_login_host ? CSRF_COOKIE : RP_BINDING_COOKIE;

	if (!bound || is_bound_to_cookie(bound, ctx->request, cookie))
		return true;
	return error_set_reason(err, ERROR_INVALID, "browser-mismatch",
	                        "transaction was started in another browser");
}

bool auth_txn_load(struct request_context *ctx, struct auth_txn **ret_txn,
                   struct error *err)
{
	const char *secret = request_param(ctx->request, "t");
	json_t *value = NULL;

	if (!secret || !*secret || request_param_repeated(ctx->request, "t"))
		return error_set_reason(err, ERROR_INVALID, "login-expired",
		                        "parameter t is missing or repeated");
	if (!transaction_open(ctx, secret, &value, err))
		return false;
	struct auth_txn *txn = auth_txn_from_json(ctx, value);

	if (!txn)
		return error_set_reason(err, ERROR_INVALID, "login-expired",
		                        "transaction is unknown or expired");
	if (!auth_txn_check_browser(ctx, txn, err))
		return false;
	txn->secret = arena_strdup(ctx->arena, secret);
	*ret_txn = txn;
	return true;
}

bool auth_txn_load_login(struct request_context *ctx, struct auth_txn **ret_txn,
                         struct error *err)
{
	struct auth_txn *txn;

	if (!auth_txn_load(ctx, &txn, err))
		return false;
	if (js_true(txn->request, "leave"))
		return error_set_reason(err, ERROR_INVALID, "login-expired",
		                        "transaction is a logout request");
	*ret_txn = txn;
	return true;
}

static bool auth_txn_has_mark(const struct auth_txn *txn)
{
	return txn->secret && txn->service;
}

bool auth_txn_use(struct request_context *ctx, const struct auth_txn *txn,
                  bool *ret_first, struct error *err)
{
	*ret_first = true;
	if (!auth_txn_has_mark(txn))
		return true;
	return store_add_if_absent(ctx->backends->store, ctx->cfg, "auth_txn",
	                           txn->id, AUTH_TXN_LIFETIME_S, ret_first,
	                           err);
}

void auth_txn_release(struct request_context *ctx, const struct auth_txn *txn)
{
	if (auth_txn_has_mark(txn))
		(void)!store_remove_added(ctx->backends->store, ctx->cfg,
		                          "auth_txn", txn->id, NULL);
}

bool auth_txn_consume(struct request_context *ctx, const struct auth_txn *txn,
                      bool *ret_first, struct error *err)
{
	json_t *value;

	if (!store_get_delete(ctx->backends->store, ctx->cfg, ctx->arena,
	                      "ticket", txn->secret, &value, err))
		return false;
	*ret_first = value != NULL;
	return true;
}

char *auth_txn_url(struct request_context *ctx, const struct auth_txn *txn,
                   const char *path)
{
	return arena_printf(ctx->arena, "%s%s?t=%s", ctx->cfg->login_url, path,
	                    txn->secret);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * auth_transaction_test.c: a sealed login is accepted unchanged, in time and in
 * its browser only. */
#include "tests/unit/test.h"

#include "idp/http/csrf.h"
#include "idp/session/auth_transaction.h"
#include "idp/session/transaction_keys.h"
#include "idp/session/transaction_storage.h"
#include "lib/clock.h"
#include "lib/compiler.h"
#include "lib/strbuf.h"

static const struct issuer issuer = { .name = "region",
	                              .url = "https://login.numedal.example" };
static const struct service service = { .name = "skole", .issuer = &issuer };
static const struct config cfg = {
	.login_url = "https://login.numedal.example",
	.issuers = &issuer,
	.issuer_count = 1,
	.services = &service,
	.service_count = 1,
};

/* In place of the signer: the keys of this day and of the day before. */
static int64_t today;

static struct aead_key key_of_day(int64_t day)
{
	unsigned char bytes[AEAD_KEY_SIZE] = { 'k' };

	memcpy(bytes + 1, &day, sizeof(day));
	return aead_key_from_bytes(bytes);
}

bool transaction_keys_get(struct request_context *ctx,
                          struct aead_key ret[TRANSACTION_KEYS],
                          struct error *err)
{
	(void)ctx, (void)err;
	for (int i = 0; i < TRANSACTION_KEYS; i++)
		ret[i] = key_of_day(today - i);
	return true;
}

/* A browser with this secret, at the login host. */
struct browser {
	struct request request;
	struct http_response response;
	struct http_field param, cookie;
	struct request_context ctx;
};

static void browser_open(struct arena *a, struct browser *b, const char *secret,
                         const char *t)
{
	*b = (struct browser){
		.request = { .arena = a, .method = METHOD_GET },
		.response = { .arena = a },
		.param = { "t", t },
		.cookie = { CSRF_COOKIE, secret },
	};
	b->request.query_params = &b->param;
	b->request.query_count = 1;
	b->request.cookies = &b->cookie;
	b->request.cookie_count = 1;
	b->ctx = (struct request_context){ .arena = a,
		                           .cfg = &cfg,
		                           .request = &b->request,
		                           .response = &b->response,
		                           .on_login_host = true };
}

static const char secret[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ";
static const char other_secret[] =
    "zzcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ";

/* Returns a login of the browser with `secret`, sealed. */
static const char *login_of_browser(struct arena *a, int64_t created_at)
{
	struct auth_txn txn = {
		.protocol = "oidc",
		.issuer = &issuer,
		.service = &service,
		.force_authn = true,
		.max_age = 300,
		.not_before = 1234,
		.prove = "f-1",
		.prove_in = "tinn",
		.acr = "idporten-loa-low",
		.login_hint = "kari",
		.language = "nn",
		.created_at = created_at,
		.request = js_own(a, json_pack("{s:s}", "state", "s-1")),
	};
	struct browser b;
	struct error err = { 0 };

	browser_open(a, &b, secret, NULL);
	if (!auth_txn_save(&b.ctx, &txn, &err))
		fail_msg("%s", err.text);
	assert_false(transaction_is_stored(txn.secret));
	return txn.secret;
}

/* Returns the reason of the refusal; NULL if t is accepted. */
static const char *refusal(struct arena *a, const char *with, const char *t,
                           struct auth_txn **ret_txn)
{
	struct browser b;
	struct error err = { 0 };

	browser_open(a, &b, with, t);
	if (auth_txn_load(&b.ctx, ret_txn, &err))
		return NULL;
	assert_int_equal(err.kind, ERROR_INVALID);
	return err.reason;
}

static void a_sealed_login_is_read_as_it_was_saved(void **state)
{
	struct arena *a = arena_open();
	const char *t = login_of_browser(a, clock_now());
	struct auth_txn *txn;

	(void)state;
	assert_null(refusal(a, secret, t, &txn));
	assert_ptr_equal(txn->issuer, &issuer);
	assert_ptr_equal(txn->service, &service);
	assert_string_equal(txn->protocol, "oidc");
	assert_string_equal(txn->acr, "idporten-loa-low");
	assert_string_equal(txn->login_hint, "kari");
	assert_string_equal(txn->language, "nn");
	assert_string_equal(txn->prove, "f-1");
	assert_string_equal(txn->prove_in, "tinn");
	assert_string_equal(js_string(txn->request, "state"), "s-1");
	assert_true(txn->force_authn && !txn->is_passive);
	assert_int_equal(txn->max_age, 300);
	assert_int_equal(txn->not_before, 1234);
	assert_null(txn->result);
	arena_close(a);
}

/* Each byte, with each of its bits changed. */
static void a_sealed_login_changed_in_any_byte_is_refused(void **state)
{
	struct arena *a = arena_open();
	const char *t = login_of_browser(a, clock_now());
	char *changed = arena_strdup(a, t);
	struct auth_txn *txn;

	(void)state;
	for (size_t i = 0; i < strlen(t); i++)
		for (int bit = 0; bit < 8; bit++) {
			changed[i] ^= (char)(1 << bit);
			assert_string_equal(refusal(a, secret, changed, &txn),
			                    "login-expired");
			changed[i] = t[i];
		}
	assert_null(refusal(a, secret, changed, &txn));
	arena_close(a);
}

static void a_sealed_login_cut_or_extended_is_refused(void **state)
{
	struct arena *a = arena_open();
	const char *t = login_of_browser(a, clock_now());
	struct auth_txn *txn;

	(void)state;
	for (size_t length = 0; length < strlen(t); length++) {
		char *cut = arena_memdup(a, t, length);

		/* That is a name in Redis. */
		if (!transaction_is_stored(cut))
			assert_string_equal(refusal(a, secret, cut, &txn),
			                    "login-expired");
	}
	assert_string_equal(
	    refusal(a, secret, arena_printf(a, "%sAAAA", t), &txn),
	    "login-expired");
	assert_string_equal(
	    refusal(a, secret, arena_printf(a, "%s%s", t, t), &txn),
	    "login-expired");
	arena_close(a);
}

static void a_sealed_login_is_accepted_for_fifteen_minutes(void **state)
{
	struct arena *a = arena_open();
	struct auth_txn *txn;

	(void)state;
	assert_null(refusal(
	    a, secret,
	    login_of_browser(a, clock_now() - AUTH_TXN_LIFETIME_S + 30), &txn));
	assert_string_equal(
	    refusal(a, secret,
	            login_of_browser(a, clock_now() - AUTH_TXN_LIFETIME_S),
	            &txn),
	    "login-expired");
	arena_close(a);
}

static void only_keys_of_this_day_and_the_day_before_open(void **state)
{
	struct arena *a = arena_open();
	const char *t = login_of_browser(a, clock_now());
	struct auth_txn *txn;

	(void)state;
	today = 1;
	assert_null(refusal(a, secret, t, &txn));
	today = 2;
	assert_string_equal(refusal(a, secret, t, &txn), "login-expired");
	today = 0;
	arena_close(a);
}

static void another_browser_is_refused(void **state)
{
	struct arena *a = arena_open();
	const char *t = login_of_browser(a, clock_now());
	struct auth_txn *txn;

	(void)state;
	assert_string_equal(refusal(a, other_secret, t, &txn),
	                    "browser-mismatch");
	assert_string_equal(refusal(a, "", t, &txn), "browser-mismatch");
	arena_close(a);
}

TESTS(a_sealed_login_is_read_as_it_was_saved,
      a_sealed_login_changed_in_any_byte_is_refused,
      a_sealed_login_cut_or_extended_is_refused,
      a_sealed_login_is_accepted_for_fifteen_minutes,
      only_keys_of_this_day_and_the_day_before_open, another_browser_is_refused)

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * login_transaction_fuzz.c: arbitrary bytes as the parameter t of a login, and
 * as what a sealed one contains.  A t that was not sealed here is refused, a
 * sealed one with a byte changed too; what is loaded and saved again is the
 * same login.
 *
 * with: idp/session/auth_transaction.c idp/session/transaction_storage.c
 * with: idp/http/csrf.c idp/http/cookies.c idp/http/request.c
 * with: idp/http/response.c
 */
#include "tests/fuzz/fuzz.h"

#include "idp/session/auth_transaction.h"
#include "idp/session/transaction_keys.h"
#include "idp/session/transaction_storage.h"

static const unsigned char key_bytes[TRANSACTION_KEYS][AEAD_KEY_SIZE] = {
	"today's key, in this target only",
	"yesterday's, in this target only",
};

/* In place of the signer's. */
bool transaction_keys_get(struct request_context *ctx,
                          struct aead_key ret[TRANSACTION_KEYS],
                          struct error *err)
{
	(void)ctx;
	(void)err;
	for (size_t i = 0; i < TRANSACTION_KEYS; i++)
		ret[i] = aead_key_from_bytes(key_bytes[i]);
	return true;
}

static const struct issuer issuer = { .name = "region",
	                              .url = "https://login.numedal.example",
	                              .host = "login.numedal.example" };
static const struct service service = { .name = "skole", .issuer = &issuer };
static const struct config cfg = {
	.login_url = "https://login.numedal.example",
	.issuers = &issuer,
	.issuer_count = 1,
	.services = &service,
	.service_count = 1,
};

/* A request with this t.  POST, so that the login is not bound to it. */
static struct request_context context_with(struct arena *a, const char *t)
{
	struct http_field *field = arena_new(a, struct http_field);
	struct request *r = arena_new(a, struct request);
	struct http_response *response = arena_new(a, struct http_response);

	*field = (struct http_field){ "t", t };
	*r = (struct request){ .arena = a,
		               .method = METHOD_POST,
		               .form_params = field,
		               .form_count = 1 };
	response->arena = a;
	return (struct request_context){ .arena = a,
		                         .cfg = &cfg,
		                         .request = r,
		                         .response = response,
		                         .on_login_host = true };
}

static struct auth_txn *loaded(struct arena *a, const char *t)
{
	struct request_context ctx = context_with(a, t);
	struct error err = { 0 };
	struct auth_txn *txn;

	if (auth_txn_load(&ctx, &txn, &err))
		return txn;
	assert(err.kind == ERROR_INVALID && err.reason);
	return NULL;
}

static json_t *opened(struct arena *a, const char *t)
{
	struct request_context ctx = context_with(a, t);
	json_t *value;

	assert(transaction_open(&ctx, t, &value, NULL));
	return value;
}

static char *sealed(struct arena *a, const char *bytes, size_t size)
{
	struct request_context ctx = context_with(a, "");
	struct aead_key keys[TRANSACTION_KEYS];

	(void)!transaction_keys_get(&ctx, keys, NULL);
	return aead_encrypt(a, &keys[size % TRANSACTION_KEYS], "auth_txn 1",
	                    bytes, size);
}

/* One of its bytes, by the input, so that every run has another. */
static void check_changed(struct arena *a, const char *t, unsigned which)
{
	char *changed = arena_strdup(a, t);

	changed[which % strlen(t)] ^= (char)(1 + which % 127);
	if (strlen(changed) == strlen(t))
		assert(!opened(a, changed) && !loaded(a, changed));
}

static void check_saved_again(struct arena *a, struct auth_txn *txn)
{
	struct request_context ctx = context_with(a, "");
	struct error err = { 0 };
	json_t *before = opened(a, txn->secret), *once, *twice;

	/* With a result, or too large, it is in Redis. */
	if (txn->result || strlen(js_dump(a, before)) > SEALED_MAX / 2)
		return;
	assert(auth_txn_save(&ctx, txn, &err));
	once = opened(a, txn->secret);
	txn = loaded(a, txn->secret);
	assert(txn && auth_txn_save(&ctx, txn, &err));
	twice = opened(a, txn->secret);
	assert(once && json_equal(once, twice));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_open();
	const char *t = fuzz_string(a, data, size);
	struct auth_txn *txn;

	if (!transaction_is_stored(t))
		assert(!loaded(a, t));
	if (size <= AEAD_MAX_PLAINTEXT && size > 0) {
		t = sealed(a, (const char *)data, size);
		check_changed(a, t, data[size / 2] * 257u + data[0]);
		txn = loaded(a, t);
		if (txn)
			check_saved_again(a, txn);
	}
	arena_close(a);
	return 0;
}

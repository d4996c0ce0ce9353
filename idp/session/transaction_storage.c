/* SPDX-License-Identifier: AGPL-3.0-or-later
 * transaction_storage.c: seals authentication transactions, AES-256-GCM, or
 * keeps them in Redis. */
#include "idp/session/transaction_storage.h"

#include <string.h>

#include "idp/session/auth_transaction.h"
#include "idp/session/transaction_keys.h"
#include "lib/random.h"
#include "lib/strbuf.h"
#include "region/config/network.h"

#define PURPOSE "auth_txn 1"

enum { STORED_LENGTH = 43 }; /* of random_secret() */

bool transaction_is_stored(const char *t)
{
	return t && strlen(t) == STORED_LENGTH;
}

bool transaction_store(struct request_context *ctx, const json_t *value,
                       const char *t, const char **ret_t, struct error *err)
{
	bool stored;

	*ret_t = transaction_is_stored(t) ? t : random_secret(ctx->arena);
	return store_put(ctx->backends->store, ctx->cfg, "ticket", *ret_t,
	                 value, AUTH_TXN_LIFETIME_S, false, &stored, err);
}

/* ---- large requests */

static const char *large_counter_subject(struct request_context *ctx,
                                         long long *ret_max)
{
	const struct request *r = ctx->request;
	bool known;
	const char *subject = network_limit_subject(
	    ctx->arena, ctx->cfg, r->address, r->listener, &known);

	*ret_max = known ? LARGE_PER_NETWORK_MAX : LARGE_PER_ADDRESS_MAX;
	return subject;
}

/* A request over the limit is not stored, so it is not counted. */
static bool large_counter_incr(struct request_context *ctx, const char *subject,
                               long long max, struct error *err)
{
	struct store *store = ctx->backends->store;
	long long count;

	if (!store_counter_incr(store, ctx->cfg, "large", subject,
	                        AUTH_TXN_LIFETIME_S, &count, err))
		return false;
	if (count <= max)
		return true;
	(void)!store_counter_decr(store, ctx->cfg, "large", subject, NULL);
	return error_set_reason(err, ERROR_REFUSED, "too-large",
	                        "too many large requests in progress: %s",
	                        *subject ? subject : "all together");
}

/* All together first: an address has a counter only if there is room. */
static bool large_request_count(struct request_context *ctx, struct error *err)
{
	long long max;
	const char *subject = large_counter_subject(ctx, &max);

	if (!large_counter_incr(ctx, "", LARGE_MAX, err))
		return false;
	if (large_counter_incr(ctx, subject, max, err))
		return true;
	(void)!store_counter_decr(ctx->backends->store, ctx->cfg, "large", "",
	                          NULL);
	return false;
}

static bool transaction_store_large(struct request_context *ctx,
                                    const json_t *value, char **ret_t,
                                    struct error *err)
{
	const char *t;

	if (!large_request_count(ctx, err) ||
	    !transaction_store(ctx, value, NULL, &t, err))
		return false;
	*ret_t = arena_strdup(ctx->arena, t);
	return true;
}

/* ---- sealed */

bool transaction_seal(struct request_context *ctx, const json_t *value,
                      char **ret_t, struct error *err)
{
	const char *text = js_dump(ctx->arena, value);
	struct aead_key keys[TRANSACTION_KEYS];

	if (strlen(text) > SEALED_MAX)
		return transaction_store_large(ctx, value, ret_t, err);
	if (!transaction_keys_get(ctx, keys, err))
		return false;
	*ret_t =
	    aead_encrypt(ctx->arena, &keys[0], PURPOSE, text, strlen(text));
	explicit_bzero(keys, sizeof(keys));
	return true;
}

bool transaction_open(struct request_context *ctx, const char *t,
                      json_t **ret_value, struct error *err)
{
	struct aead_key keys[TRANSACTION_KEYS];
	unsigned char *bytes;
	size_t length;

	*ret_value = NULL;
	if (transaction_is_stored(t))
		return store_get(ctx->backends->store, ctx->cfg, ctx->arena,
		                 "ticket", t, ret_value, err);
	if (!transaction_keys_get(ctx, keys, err))
		return false;
	bool good = aead_decrypt(ctx->arena, keys, TRANSACTION_KEYS, PURPOSE, t,
	                         &bytes, &length, NULL);

	explicit_bzero(keys, sizeof(keys));
	if (!good ||
	    !js_parse(ctx->arena, (char *)bytes, length, ret_value, NULL))
		*ret_value = NULL;
	return true;
}

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

static bool large_request_count(struct request_context *ctx, struct error *err)
{
	long long max, counts[2];
	const struct store_counter counters[] = {
		{ "large", large_counter_subject(ctx, &max) },
		{ "large", "" },
	};

	if (!store_counters_incr(ctx->backends->store, ctx->cfg, counters, 2,
	                         AUTH_TXN_LIFETIME_S, counts, err))
		return false;
	if (counts[0] <= max && counts[1] <= LARGE_MAX)
		return true;
	/* Not stored, so not counted. */
	(void)!store_counters_decr(ctx->backends->store, ctx->cfg, counters, 2,
	                           NULL);
	return error_set_reason(err, ERROR_REFUSED, "too-large",
	                        "too many large requests in progress: %s",
	                        counts[0] > max ? "of this address" : "in all");
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

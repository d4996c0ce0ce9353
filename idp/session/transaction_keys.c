/* SPDX-License-Identifier: AGPL-3.0-or-later
 * transaction_keys.c: caches the keys of authentication transactions until the
 * day ends. */
#include "idp/session/transaction_keys.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base64.h"
#include "lib/clock.h"
#include "lib/strbuf.h"

/* The lock protects the other fields. */
struct transaction_keys {
	pthread_mutex_t lock;
	int64_t until; /* 0: no keys */
	struct aead_key keys[TRANSACTION_KEYS];
};

struct transaction_keys *transaction_keys_open(void)
{
	struct transaction_keys *t = calloc(1, sizeof(*t));

	if (!t)
		abort();
	(void)pthread_mutex_init(&t->lock, NULL);
	return t;
}

void transaction_keys_close(struct transaction_keys *t)
{
	if (!t)
		return;
	explicit_bzero(t->keys, sizeof(t->keys));
	(void)pthread_mutex_destroy(&t->lock);
	free(t);
}

static bool transaction_key_read(struct arena *a, const char *text,
                                 struct aead_key *ret)
{
	unsigned char *bytes;
	size_t length;

	if (!base64url_decode(a, text, strlen(text), &bytes, &length) ||
	    length != AEAD_KEY_SIZE)
		return false;
	*ret = aead_key_from_bytes(bytes);
	explicit_bzero(bytes, length);
	return true;
}

static bool transaction_keys_fetch(struct request_context *ctx,
                                   struct transaction_keys *t,
                                   struct error *err)
{
	const struct transaction_keys_request request = { 0 };
	struct transaction_keys_reply reply;

	if (!transaction_keys_call(ctx->backends->signer, ctx->arena,
	                           ctx->cfg->hash, &request, &reply, err)) {
		if (err && !err->reason)
			err->reason = "signer-unavailable";
		return false;
	}
	for (size_t i = 0; i < TRANSACTION_KEYS; i++)
		if (i >= reply.keys_count ||
		    !transaction_key_read(ctx->arena, reply.keys[i],
		                          &t->keys[i]))
			return error_set_reason(
			    err, ERROR_UNAVAILABLE, "signer-unavailable",
			    "signer returned no transaction keys");
	t->until = reply.until;
	return true;
}

bool transaction_keys_get(struct request_context *ctx,
                          struct aead_key ret[TRANSACTION_KEYS],
                          struct error *err)
{
	struct transaction_keys *t = ctx->backends->transaction_keys;
	bool good = true;

	(void)pthread_mutex_lock(&t->lock);
	if (clock_now() >= t->until)
		good = transaction_keys_fetch(ctx, t, err);
	if (good)
		memcpy(ret, t->keys, sizeof(t->keys));
	(void)pthread_mutex_unlock(&t->lock);
	return good;
}

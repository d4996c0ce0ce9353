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

struct keys_of_day {
	int64_t until; /* 0: no keys */
	struct aead_key keys[TRANSACTION_KEYS];
};

/* The lock protects the keys.  It is not held while the signer is asked: then
 * each request would wait for those before it. */
struct transaction_keys {
	pthread_mutex_t lock;
	struct keys_of_day day;
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
	explicit_bzero(&t->day, sizeof(t->day));
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
                                   struct keys_of_day *ret, struct error *err)
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
		                          &ret->keys[i]))
			return error_set_reason(
			    err, ERROR_UNAVAILABLE, "signer-unavailable",
			    "signer returned no transaction keys");
	ret->until = reply.until;
	return true;
}

static struct keys_of_day transaction_keys_cached(struct transaction_keys *t)
{
	(void)pthread_mutex_lock(&t->lock);
	struct keys_of_day day = t->day;

	(void)pthread_mutex_unlock(&t->lock);
	return day;
}

static void transaction_keys_cache(struct transaction_keys *t,
                                   const struct keys_of_day *day)
{
	(void)pthread_mutex_lock(&t->lock);
	t->day = *day;
	(void)pthread_mutex_unlock(&t->lock);
}

bool transaction_keys_get(struct request_context *ctx,
                          struct aead_key ret[TRANSACTION_KEYS],
                          struct error *err)
{
	struct transaction_keys *t = ctx->backends->transaction_keys;
	struct keys_of_day day = transaction_keys_cached(t);

	if (clock_now() >= day.until) {
		if (!transaction_keys_fetch(ctx, &day, err))
			return false;
		transaction_keys_cache(t, &day);
	}
	memcpy(ret, day.keys, sizeof(day.keys));
	explicit_bzero(&day, sizeof(day));
	return true;
}

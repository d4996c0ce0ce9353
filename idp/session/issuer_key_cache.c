/* SPDX-License-Identifier: AGPL-3.0-or-later
 * issuer_key_cache.c: caches the JWKS and certificates that the signer
 * publishes for each issuer: they are requested far more often than keys
 * change. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "idp/session/request_context.h"
#include "lib/clock.h"
#include "lib/strbuf.h"

/* A key is published long before it signs, so this delay is harmless. */
enum { KEY_CACHE_FRESH_MS = 10 * 1000 };

struct key_cache_entry {
	struct key_cache_entry *next;
	char *issuer;
	struct arena *arena; /* of keys */
	struct public_keys keys;
	int64_t fetched_ms;
};

struct key_cache {
	pthread_mutex_t lock; /* guards first and all behind it */
	struct key_cache_entry *first;
};

struct key_cache *key_cache_open(void)
{
	struct key_cache *k = calloc(1, sizeof(*k));

	if (!k)
		abort();
	(void)pthread_mutex_init(&k->lock, NULL);
	return k;
}

void key_cache_close(struct key_cache *k)
{
	if (!k)
		return;
	while (k->first) {
		struct key_cache_entry *one = k->first;

		k->first = one->next;
		arena_close(one->arena);
		free(one->issuer);
		free(one);
	}
	(void)pthread_mutex_destroy(&k->lock);
	free(k);
}

static struct public_keys *public_keys_copy(struct arena *a,
                                            const struct public_keys *k)
{
	struct public_keys *copy = arena_new(a, struct public_keys);

	copy->jwks = arena_strdup(a, k->jwks);
	copy->certificate_count = k->certificate_count;
	const char **certificates =
	    arena_array(a, const char *, k->certificate_count + 1);

	for (size_t i = 0; i < k->certificate_count; i++)
		certificates[i] = arena_strdup(a, k->certificates[i]);
	copy->certificates = certificates;
	return copy;
}

static struct key_cache_entry *key_cache_find(struct key_cache *k,
                                              const char *issuer)
{
	struct key_cache_entry *one = k->first;

	while (one && !text_equal(one->issuer, issuer))
		one = one->next;
	return one;
}

/* Returns a copy of the entry, or NULL where there is none or, unless
 * allow_stale, it is too old. */
static struct public_keys *key_cache_lookup(struct request_context *ctx,
                                            const struct issuer *i,
                                            bool allow_stale)
{
	struct key_cache *k = ctx->backends->key_cache;
	struct public_keys *found = NULL;

	(void)pthread_mutex_lock(&k->lock);
	const struct key_cache_entry *one = key_cache_find(k, i->name);

	if (one && (allow_stale || clock_monotonic_ms() - one->fetched_ms <
	                               KEY_CACHE_FRESH_MS))
		found = public_keys_copy(ctx->arena, &one->keys);
	(void)pthread_mutex_unlock(&k->lock);
	return found;
}

static void key_cache_store(struct key_cache *k, const struct issuer *i,
                            const struct public_keys *keys)
{
	struct arena *a = arena_open();

	(void)pthread_mutex_lock(&k->lock);
	struct key_cache_entry *one = key_cache_find(k, i->name);

	if (!one) {
		one = calloc(1, sizeof(*one));
		if (!one)
			abort();
		one->issuer = strdup(i->name);
		one->next = k->first;
		k->first = one;
	}
	arena_close(one->arena);
	one->arena = a;
	one->keys = *public_keys_copy(a, keys);
	one->fetched_ms = clock_monotonic_ms();
	(void)pthread_mutex_unlock(&k->lock);
}

static bool key_cache_fetch(struct request_context *ctx, const struct issuer *i,
                            struct public_keys *ret, struct error *err)
{
	const struct public_keys_request request = { .issuer = i->name };
	struct public_keys_reply reply;

	if (!public_keys_call(ctx->backends->signer, ctx->arena, ctx->cfg->hash,
	                      &request, &reply, err))
		return false;
	*ret = (struct public_keys){
		.jwks = js_dump(ctx->arena, reply.jwks),
		.certificates = reply.certificates,
		.certificate_count = reply.certificates_count,
	};
	return true;
}

/* While the signer restarts, a stale entry is returned: its keys are still
 * valid. */
bool issuer_public_keys(struct request_context *ctx, const struct issuer *i,
                        const struct public_keys **ret_keys, struct error *err)
{
	struct public_keys *keys = key_cache_lookup(ctx, i, false);

	if (!keys) {
		struct public_keys fetched;

		if (key_cache_fetch(ctx, i, &fetched, err)) {
			key_cache_store(ctx->backends->key_cache, i, &fetched);
			keys = public_keys_copy(ctx->arena, &fetched);
		} else {
			keys = key_cache_lookup(ctx, i, true);
		}
	}
	if (!keys)
		return false;
	*ret_keys = keys;
	return true;
}

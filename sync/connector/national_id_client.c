/* SPDX-License-Identifier: AGPL-3.0-or-later
 * national_id_client.c: requests the join value and the encrypted value of a
 * national identity number from portvakt-id-crypto, the only process that
 * receives the number.  Its rate is limited, so results are cached, keyed by an
 * HMAC with a key of this process. */
#include "sync/connector/national_id_client.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "lib/hash.h"
#include "lib/random.h"
#include "sync/connector/connector.h"

enum { CACHE_KEY_BYTES = 16, MAX_CACHED = 500000 };

struct cached_id {
	unsigned char key[CACHE_KEY_BYTES]; /* compared by cached_id_compare */
	char values[]; /* join value, encrypted number, each with its NUL */
};

/* Used by the session's thread only. */
static struct {
	void *tree;
	size_t count;
	unsigned char key[HASH_SHA256_SIZE];
	bool has_key;
} id_cache;

static int cached_id_compare(const void *x, const void *y)
{
	return memcmp(x, y, CACHE_KEY_BYTES); /* the key is the first member */
}

static void id_cache_key(const char *number,
                         unsigned char ret[HASH_SHA256_SIZE])
{
	if (!id_cache.has_key)
		random_bytes(id_cache.key, sizeof(id_cache.key));
	id_cache.has_key = true;
	hash_hmac_sha256(id_cache.key, sizeof(id_cache.key), number,
	                 strlen(number), ret);
}

static bool id_cache_get(struct arena *a, const char *number,
                         struct sync_entry *entry)
{
	unsigned char key[HASH_SHA256_SIZE];

	id_cache_key(number, key);
	void **found = tfind(key, &id_cache.tree, cached_id_compare);
	if (!found)
		return false;
	const struct cached_id *cached = *found;
	entry->join = arena_strdup(a, cached->values);
	entry->sealed =
	    arena_strdup(a, cached->values + strlen(cached->values) + 1);
	return true;
}

static void id_cache_put(const char *number, const struct sync_entry *entry)
{
	const char *join = entry->join, *sealed = entry->sealed;
	size_t first = strlen(join) + 1;
	size_t second = strlen(sealed) + 1;
	unsigned char key[HASH_SHA256_SIZE];

	if (id_cache.count == MAX_CACHED)
		return;
	struct cached_id *cached = calloc(1, sizeof(*cached) + first + second);
	if (!cached)
		abort();
	id_cache_key(number, key);
	memcpy(cached->key, key, CACHE_KEY_BYTES);
	memcpy(cached->values, join, first);
	memcpy(cached->values + first, sealed, second);
	if (!tsearch(cached, &id_cache.tree, cached_id_compare))
		abort();
	id_cache.count++;
}

bool national_id_add_to_entry(struct connector *c, const struct config *cfg,
                              struct arena *a, const char *number,
                              struct sync_entry *entry, struct error *err)
{
	const struct join_value_request join_request = { number };
	const struct encrypt_national_id_request seal_request = { number };
	struct join_value_reply join;
	struct encrypt_national_id_reply seal;

	if (id_cache_get(a, number, entry))
		return true;
	if (!join_value_call(c->id_crypto, a, cfg->hash, &join_request, &join,
	                     err) ||
	    !encrypt_national_id_call(c->id_crypto, a, cfg->hash, &seal_request,
	                              &seal, err))
		return false;
	entry->join = join.join;
	entry->sealed = seal.sealed;
	id_cache_put(number, entry);
	return true;
}

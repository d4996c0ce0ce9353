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

static bool id_cache_get(const char *number, json_t *entry)
{
	unsigned char key[HASH_SHA256_SIZE];

	id_cache_key(number, key);
	void **found = tfind(key, &id_cache.tree, cached_id_compare);
	if (!found)
		return false;
	const struct cached_id *cached = *found;
	js_set_string(entry, "join", cached->values);
	js_set_string(entry, "sealed",
	              cached->values + strlen(cached->values) + 1);
	return true;
}

static void id_cache_put(const char *number, const json_t *entry)
{
	const char *join = js_string(entry, "join");
	const char *sealed = js_string(entry, "sealed");
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

static bool id_crypto_call(struct connector *c, const struct config *cfg,
                           struct arena *a, enum ipc_message_type kind,
                           const char *number, const char *field, json_t *entry,
                           struct error *err)
{
	json_t *request = js_own(a, json_pack("{s:s}", "national", number));
	json_t *response = NULL;

	if (!ipc_call(c->id_crypto, a, kind, cfg->hash, request, &response,
	              err))
		return false;
	if (!js_string(response, field))
		return error_set(err, ERROR_UNAVAILABLE,
		                 "portvakt-id-crypto returned no %s", field);
	js_set_string(entry, field, js_string(response, field));
	return true;
}

bool national_id_add_to_entry(struct connector *c, const struct config *cfg,
                              struct arena *a, const char *number,
                              json_t *entry, struct error *err)
{
	if (id_cache_get(number, entry))
		return true;
	if (!id_crypto_call(c, cfg, a, IPC_JOIN_VALUE, number, "join", entry,
	                    err) ||
	    !id_crypto_call(c, cfg, a, IPC_ENCRYPT_NATIONAL_ID, number,
	                    "sealed", entry, err))
		return false;
	id_cache_put(number, entry);
	return true;
}

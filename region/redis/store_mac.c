/* SPDX-License-Identifier: AGPL-3.0-or-later
 * store_mac.c: MACs of values in Redis, by the signer.  The process caches the
 * hashes of values it wrote or verified: the same bytes always have the same
 * MAC, so a session that is read twice needs one request. */
#include "region/redis/store_mac.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/hash.h"
#include "lib/strbuf.h"

enum { VALUE_VERSION = 1, MAC_LENGTH = 43, MAC_CACHE_ENTRIES = 2048 };

struct store_mac_cache {
	struct ipc_client *signer;
	pthread_mutex_t lock;
	unsigned char verified[MAC_CACHE_ENTRIES][HASH_SHA256_SIZE];
};

struct store_mac_cache *store_mac_cache_open(struct ipc_client *signer)
{
	struct store_mac_cache *m = calloc(1, sizeof(*m));

	if (!m)
		abort();
	m->signer = signer;
	(void)pthread_mutex_init(&m->lock, NULL);
	return m;
}

void store_mac_cache_close(struct store_mac_cache *m)
{
	if (!m)
		return;
	(void)pthread_mutex_destroy(&m->lock);
	free(m);
}

/* ---- cache of verified MACs */

/* The input of a MAC. */
struct store_mac_input {
	const char *kind, *hex;
	const char *digest; /* base64url of the JSON's SHA-256 */
	const char *mac;
};

static unsigned char *mac_cache_slot(struct store_mac_cache *m, struct arena *a,
                                     const struct store_mac_input *v,
                                     unsigned char ret_hash[HASH_SHA256_SIZE])
{
	const char *whole =
	    arena_printf(a, "%s %s %s %s", v->kind, v->hex, v->digest, v->mac);
	size_t at;

	hash_sha256(whole, strlen(whole), ret_hash);
	memcpy(&at, ret_hash, sizeof(at));
	return m->verified[at % MAC_CACHE_ENTRIES];
}

static void mac_cache_add(struct store_mac_cache *m, struct arena *a,
                          const struct store_mac_input *v)
{
	unsigned char hash[HASH_SHA256_SIZE];
	unsigned char *slot = mac_cache_slot(m, a, v, hash);

	(void)pthread_mutex_lock(&m->lock);
	memcpy(slot, hash, sizeof(hash));
	(void)pthread_mutex_unlock(&m->lock);
}

static bool mac_cache_contains(struct store_mac_cache *m, struct arena *a,
                               const struct store_mac_input *v)
{
	unsigned char hash[HASH_SHA256_SIZE];
	const unsigned char *slot = mac_cache_slot(m, a, v, hash);

	(void)pthread_mutex_lock(&m->lock);
	bool found = memcmp(slot, hash, sizeof(hash)) == 0;
	(void)pthread_mutex_unlock(&m->lock);
	return found;
}

/* ---- requests to the signer */

static bool store_signer_unavailable(struct error *err)
{
	if (err && !err->reason)
		err->reason = "signer-unavailable";
	if (err)
		err->kind = ERROR_UNAVAILABLE;
	return false;
}

static bool mac_require_signer(const struct store_mac_cache *m,
                               struct error *err)
{
	return m->signer || error_set(err, ERROR_UNAVAILABLE,
	                              "no signer is configured for MACs");
}

char *store_mac_serialize(struct arena *a, const json_t *value)
{
	json_t *whole;

	if (json_object_get(value, "v"))
		return js_dump(a, value);
	whole = js_own(a, json_object());
	(void)json_object_update(whole, (json_t *)(uintptr_t)value);
	(void)json_object_set_new(whole, "v", json_integer(VALUE_VERSION));
	return js_dump(a, whole);
}

static char *append_mac(struct arena *a, const char *text, const char *mac)
{
	struct strbuf whole = strbuf_init(a);

	strbuf_append(&whole, text);
	strbuf_append(&whole, ".");
	strbuf_append(&whole, mac);
	return whole.data;
}

/* Keeps the token of the reply, if one was requested. */
static bool mac_read_token(const struct mac_create_reply *reply,
                           struct store_token_request *token_request,
                           struct error *err)
{
	if (!token_request)
		return true;
	if (!reply->token)
		return error_set(err, ERROR_UNAVAILABLE,
		                 "signer returned no token");
	token_request->token = arena_strdup(token_request->arena, reply->token);
	return true;
}

static bool mac_request(struct store_mac_cache *m, const struct config *cfg,
                        struct arena *a, const struct store_mac_input *v,
                        size_t count, struct store_token_request *token_request,
                        struct mac_create_reply *ret, struct error *err)
{
	struct mac_item *items = arena_array(a, struct mac_item, count);
	const struct mac_create_request request = {
		.items = items,
		.items_count = count,
		.token = token_request ? token_request->request : NULL,
	};

	for (size_t i = 0; i < count; i++)
		items[i] = (struct mac_item){ mac_kind_from_name(v[i].kind),
			                      v[i].hex, v[i].digest };
	return mac_require_signer(m, err) &&
	       mac_create_call(m->signer, a, cfg->hash, &request, ret, err) &&
	       mac_read_token(ret, token_request, err);
}

bool store_mac_encode_items(struct store_mac_cache *m, const struct config *cfg,
                            struct arena *a, const struct store_mac_item *items,
                            size_t count,
                            struct store_token_request *token_request,
                            char **ret_texts, struct error *err)
{
	char **texts = arena_array(a, char *, count);
	struct store_mac_input *v =
	    arena_array(a, struct store_mac_input, count);
	struct mac_create_reply reply;

	for (size_t i = 0; i < count; i++) {
		texts[i] = store_mac_serialize(a, items[i].value);
		v[i] = (struct store_mac_input){
			items[i].kind, items[i].hex,
			hash_sha256_base64url(a, texts[i]), NULL
		};
	}
	if (!mac_request(m, cfg, a, v, count, token_request, &reply, err))
		return store_signer_unavailable(err);
	for (size_t i = 0; i < count; i++) {
		v[i].mac = i < reply.macs_count ? reply.macs[i] : "";
		if (strlen(v[i].mac) != MAC_LENGTH) {
			(void)error_set(err, ERROR_UNAVAILABLE,
			                "signer returned an invalid MAC");
			return store_signer_unavailable(err);
		}
		ret_texts[i] = append_mac(a, texts[i], v[i].mac);
		mac_cache_add(m, a, &v[i]);
	}
	return true;
}

bool store_mac_encode(struct store_mac_cache *m, const struct config *cfg,
                      struct arena *a, const char *kind, const char *hex,
                      const json_t *const *values, size_t count,
                      char **ret_texts, struct error *err)
{
	struct store_mac_item *items =
	    arena_array(a, struct store_mac_item, count);

	for (size_t i = 0; i < count; i++)
		items[i] = (struct store_mac_item){ kind, hex, values[i] };
	return store_mac_encode_items(m, cfg, a, items, count, NULL, ret_texts,
	                              err);
}

/* Returns false if the signer is unavailable; its refusal means a wrong MAC,
 * and so does one that cannot be sent, such as a text that is not UTF-8. */
static bool mac_verify(struct store_mac_cache *m, const struct config *cfg,
                       struct arena *a, const struct store_mac_input *v,
                       bool *ret_good, struct error *err)
{
	const struct mac_check item = { mac_kind_from_name(v->kind), v->hex,
		                        v->digest, v->mac };
	const struct mac_verify_request request = { .items = &item,
		                                    .items_count = 1 };
	struct error inner = { 0 };
	bool good =
	    mac_require_signer(m, &inner) &&
	    mac_verify_call(m->signer, a, cfg->hash, &request, NULL, &inner);

	if (!good && inner.kind == ERROR_UNAVAILABLE) {
		if (err)
			*err = inner;
		return store_signer_unavailable(err);
	}
	*ret_good = good;
	return true;
}

static json_t *parse_mac_value(struct arena *a, const char *json)
{
	json_t *value;

	if (!js_parse(a, json, strlen(json), &value, NULL))
		return NULL;
	return js_number(value, "v", 0) == VALUE_VERSION ? value : NULL;
}

bool store_mac_decode(struct store_mac_cache *m, const struct config *cfg,
                      struct arena *a, const char *kind, const char *hex,
                      const char *text, json_t **ret_value, struct error *err)
{
	const size_t length = strlen(text);
	bool good;

	if (length <= MAC_LENGTH + 1 || text[length - MAC_LENGTH - 1] != '.') {
		*ret_value = NULL;
		return true;
	}
	const size_t json_length = length - MAC_LENGTH - 1;
	const char *json = arena_memdup(a, text, json_length);
	const struct store_mac_input v = { kind, hex,
		                           hash_sha256_base64url(a, json),
		                           text + json_length + 1 };

	good = mac_cache_contains(m, a, &v);
	if (!good) {
		if (!mac_verify(m, cfg, a, &v, &good, err))
			return false;
		if (good)
			mac_cache_add(m, a, &v);
	}
	*ret_value = good ? parse_mac_value(a, json) : NULL;
	return true;
}

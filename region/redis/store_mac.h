/* SPDX-License-Identifier: AGPL-3.0-or-later
 * store_mac.h: appends and verifies the MAC of values in Redis.  The signer has
 * the key, so a value written by another program has no valid MAC. */
#ifndef REGION_REDIS_STORE_MAC_H
#define REGION_REDIS_STORE_MAC_H

#include "region/redis/session_store.h"

struct store_mac_cache;

struct store_mac_cache *store_mac_cache_open(struct ipc_client *signer);
void store_mac_cache_close(struct store_mac_cache *m);

/* Returns the JSON text of a value, before the full stop, living in a; "v":1 is
 * added to a value without "v". */
char *store_mac_serialize(struct arena *a, const json_t *value);

/* A value and the key it is stored under. */
struct store_mac_item {
	const char *kind, *hex;
	const json_t *value;
};

/* Encodes count items as `{...}.<43 characters>`, living in a, with one request
 * to the signer; token_request (may be NULL) is signed in the same request. */
bool store_mac_encode_items(struct store_mac_cache *m, const struct config *cfg,
                            struct arena *a, const struct store_mac_item *items,
                            size_t count,
                            struct store_token_request *token_request,
                            char **ret_texts, struct error *err) must_check;

/* The same for count values of one key. */
bool store_mac_encode(struct store_mac_cache *m, const struct config *cfg,
                      struct arena *a, const char *kind, const char *hex,
                      const json_t *const *values, size_t count,
                      char **ret_texts, struct error *err) must_check;

/* Verifies the MAC and returns the value, living in a; NULL if the MAC is
 * wrong, the text is not JSON or its version is unknown.  On error the signer
 * is unavailable. */
bool store_mac_decode(struct store_mac_cache *m, const struct config *cfg,
                      struct arena *a, const char *kind, const char *hex,
                      const char *text, json_t **ret_value,
                      struct error *err) must_check;

#endif

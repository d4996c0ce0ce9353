/* SPDX-License-Identifier: AGPL-3.0-or-later
 * store_mac.c: MACs of values in Redis, by the signer.  The process caches the
 * hashes of values it wrote or verified: the same bytes always have the same
 * MAC, so a session that is read twice needs one request. */
#include "region/store_mac.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/hash.h"
#include "lib/text.h"

enum { VERSION = 1, MAC_LENGTH = 43, REMEMBERED = 2048 };

struct store_macs {
	struct ask *keeper;
	pthread_mutex_t lock;
	unsigned char good[REMEMBERED][HASH_SHA256];
};

struct store_macs *store_macs_open(struct ask *keeper)
{
	struct store_macs *m = calloc(1, sizeof(*m));

	if (!m)
		abort();
	m->keeper = keeper;
	(void)pthread_mutex_init(&m->lock, NULL);
	return m;
}

void store_macs_close(struct store_macs *m)
{
	if (!m)
		return;
	(void)pthread_mutex_destroy(&m->lock);
	free(m);
}

/* ---- cache of verified MACs */

/* The input of a MAC. */
struct sealed {
	const char *kind, *hex;
	const char *digest; /* base64url of the JSON's SHA-256 */
	const char *mac;
};

static unsigned char *place_for(struct store_macs *m, struct arena *a,
                                const struct sealed *v,
                                unsigned char ret_hash[HASH_SHA256])
{
	const char *whole =
	    arena_print(a, "%s %s %s %s", v->kind, v->hex, v->digest, v->mac);
	size_t at;

	hash_sha256(whole, strlen(whole), ret_hash);
	memcpy(&at, ret_hash, sizeof(at));
	return m->good[at % REMEMBERED];
}

static void remember(struct store_macs *m, struct arena *a,
                     const struct sealed *v)
{
	unsigned char hash[HASH_SHA256];
	unsigned char *place = place_for(m, a, v, hash);

	(void)pthread_mutex_lock(&m->lock);
	memcpy(place, hash, sizeof(hash));
	(void)pthread_mutex_unlock(&m->lock);
}

static bool is_remembered(struct store_macs *m, struct arena *a,
                          const struct sealed *v)
{
	unsigned char hash[HASH_SHA256];
	const unsigned char *place = place_for(m, a, v, hash);

	(void)pthread_mutex_lock(&m->lock);
	bool known = memcmp(place, hash, sizeof(hash)) == 0;
	(void)pthread_mutex_unlock(&m->lock);
	return known;
}

/* ---- requests to the signer */

static bool keeper_away(struct fault *why)
{
	if (why && !why->reason)
		why->reason = "keeper-away";
	if (why)
		why->kind = FAULT_UNAVAILABLE;
	return false;
}

static bool put_question(struct store_macs *m, const struct region *r,
                         struct arena *a, enum kind_of_question kind,
                         json_t *items, json_t *token, json_t **ret_answer,
                         struct fault *why)
{
	json_t *question = js_keep(
	    a, json_pack("{s:o, s:O*}", "items", items, "token", token));

	if (!m->keeper)
		return fault(why, FAULT_UNAVAILABLE,
		             "no keeper is asked for MACs here");
	return ask(m->keeper, a, kind, r->hash, question, ret_answer, why);
}

char *store_mac_text(struct arena *a, const json_t *value)
{
	json_t *whole;

	if (json_object_get(value, "v"))
		return js_write(a, value);
	whole = js_keep(a, json_object());
	(void)json_object_update(whole, (json_t *)(uintptr_t)value);
	(void)json_object_set_new(whole, "v", json_integer(VERSION));
	return js_write(a, whole);
}

static char *with_mac(struct arena *a, const char *text, const char *mac)
{
	struct text whole = text_in(a);

	text_add(&whole, text);
	text_add(&whole, ".");
	text_add(&whole, mac);
	return whole.at;
}

static json_t *item_of(const struct sealed *v)
{
	return json_pack("{s:s, s:s, s:s}", "kind", v->kind, "key", v->hex,
	                 "digest", v->digest);
}

static bool take_along(const json_t *answer, struct store_along *along,
                       struct fault *why)
{
	const char *token = js_string(answer, "token");

	if (!along)
		return true;
	if (!token)
		return fault(why, FAULT_UNAVAILABLE, "no token came along");
	along->token = arena_copy(along->arena, token);
	return true;
}

bool store_mac_write_items(struct store_macs *m, const struct region *r,
                           struct arena *a, const struct mac_item *items,
                           size_t count, struct store_along *along,
                           char **ret_texts, struct fault *why)
{
	char **texts = arena_array(a, char *, count);
	struct sealed *v = arena_array(a, struct sealed, count);
	json_t *asked = json_array(), *answer;

	for (size_t i = 0; i < count; i++) {
		texts[i] = store_mac_text(a, items[i].value);
		v[i] = (struct sealed){ items[i].kind, items[i].hex,
			                hash_text(a, texts[i]), NULL };
		(void)json_array_append_new(asked, item_of(&v[i]));
	}
	if (!put_question(m, r, a, ASK_MAC, asked,
	                  along ? along->question : NULL, &answer, why) ||
	    !take_along(answer, along, why))
		return keeper_away(why);
	const json_t *macs = js_array(answer, "macs");

	for (size_t i = 0; i < count; i++) {
		const char *mac = json_string_value(json_array_get(macs, i));

		v[i].mac = mac;
		if (!mac || strlen(mac) != MAC_LENGTH) {
			(void)fault(why, FAULT_UNAVAILABLE, "not a MAC");
			return keeper_away(why);
		}
		ret_texts[i] = with_mac(a, texts[i], mac);
		remember(m, a, &v[i]);
	}
	return true;
}

bool store_mac_write(struct store_macs *m, const struct region *r,
                     struct arena *a, const char *kind, const char *hex,
                     const json_t *const *values, size_t count,
                     char **ret_texts, struct fault *why)
{
	struct mac_item *items = arena_array(a, struct mac_item, count);

	for (size_t i = 0; i < count; i++)
		items[i] = (struct mac_item){ kind, hex, values[i] };
	return store_mac_write_items(m, r, a, items, count, NULL, ret_texts,
	                             why);
}

/* Returns false if the signer is unavailable; its refusal means a wrong MAC. */
static bool check(struct store_macs *m, const struct region *r, struct arena *a,
                  const struct sealed *v, bool *ret_good, struct fault *why)
{
	struct fault said = { 0 };
	json_t *answer, *item = item_of(v);

	/* Not UTF-8: cannot be a valid MAC. */
	if (!item ||
	    json_object_set_new(item, "mac", json_string(v->mac)) != 0) {
		json_decref(item);
		*ret_good = false;
		return true;
	}
	bool good = put_question(m, r, a, ASK_CHECK, json_pack("[o]", item),
	                         NULL, &answer, &said);

	if (!good && said.kind == FAULT_UNAVAILABLE) {
		if (why)
			*why = said;
		return keeper_away(why);
	}
	*ret_good = good;
	return true;
}

static json_t *read_value(struct arena *a, const char *json)
{
	json_t *value;

	if (!js_read(a, json, strlen(json), &value, NULL))
		return NULL;
	return js_number(value, "v", 0) == VERSION ? value : NULL;
}

bool store_mac_read(struct store_macs *m, const struct region *r,
                    struct arena *a, const char *kind, const char *hex,
                    const char *text, json_t **ret_value, struct fault *why)
{
	const size_t length = strlen(text);
	bool good;

	if (length <= MAC_LENGTH + 1 || text[length - MAC_LENGTH - 1] != '.') {
		*ret_value = NULL;
		return true;
	}
	const size_t json_length = length - MAC_LENGTH - 1;
	const char *json = arena_bytes(a, text, json_length);
	const struct sealed v = { kind, hex, hash_text(a, json),
		                  text + json_length + 1 };

	good = is_remembered(m, a, &v);
	if (!good) {
		if (!check(m, r, a, &v, &good, why))
			return false;
		if (good)
			remember(m, a, &v);
	}
	*ret_value = good ? read_value(a, json) : NULL;
	return true;
}

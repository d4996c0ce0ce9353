/* SPDX-License-Identifier: AGPL-3.0-or-later
 * session_store.c: values in Redis, their keys and their expiry.  A key
 * contains the hash of the secret, never the secret. */
#include "region/store.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/hash.h"
#include "lib/text.h"
#include "region/store_inner.h"

enum { HEX = 64, VERSION = 1 };

/* docs/decisions/0001.  Kinds without a MAC can only deny access, or are lists
 * whose members are verified separately. */
static const struct kept_kind {
	const char *name;
	bool has_mac;
} kinds[] = {
	{ "session", true }, { "ticket", true },  { "code", true },
	{ "par", true },     { "access", true },  { "refresh", true },
	{ "parts", false },  { "replay", false }, { "count", false },
	{ "ended", false },  { "person", false },
};

struct store *store_open(struct ask *keeper)
{
	struct store *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	s->links = store_links_open();
	s->macs = store_macs_open(keeper);
	s->guesses = store_guesses_open();
	return s;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	store_links_close(s->links);
	store_macs_close(s->macs);
	store_guesses_close(s->guesses);
	free(s);
}

/* ---- keys */

static const struct kept_kind *find_kind(const char *name)
{
	for (size_t i = 0; i < LENGTH(kinds); i++)
		if (text_equal(kinds[i].name, name))
			return &kinds[i];
	return NULL;
}

char *store_key_of(struct arena *a, const char *kind, const char *hex)
{
	assert(find_kind(kind));
	return arena_print(a, "pv:1:%s:%s", kind, hex);
}

char *store_key(struct arena *a, const char *kind, const char *secret)
{
	return store_key_of(a, kind, hash_hex(a, secret, strlen(secret)));
}

char *store_key_of_two(struct arena *a, const char *kind, const char *one,
                       const char *other)
{
	struct text whole = text_in(a);

	text_add(&whole, one);
	text_add_bytes(&whole, "", 1);
	text_add(&whole, other);
	return store_key_of(a, kind, hash_hex(a, whole.at, whole.length));
}

bool store_is_hex(const char *hex)
{
	return strlen(hex) == HEX && strspn(hex, "0123456789abcdef") == HEX;
}

char *store_seconds(struct arena *a, int64_t seconds)
{
	assert(seconds > 0);
	return arena_print(a, "%lld", (long long)seconds);
}

bool store_strange(struct fault *why)
{
	return fault_for(why, FAULT_UNAVAILABLE, "store-away",
	                 "Redis: a reply of another type");
}

/* ---- values */

static bool write_value(struct store *s, const struct region *r,
                        struct arena *a, const char *kind, const char *hex,
                        const json_t *value, char **ret_text, struct fault *why)
{
	if (find_kind(kind)->has_mac)
		return store_mac_write(s->macs, r, a, kind, hex, &value, 1,
		                       ret_text, why);
	*ret_text = value ? js_write(a, value) : arena_copy(a, "1");
	return true;
}

bool store_read_value(struct store *s, const struct region *r, struct arena *a,
                      const char *kind, const char *hex,
                      const struct reply *reply, json_t **ret_value,
                      struct fault *why)
{
	json_t *value = NULL;

	*ret_value = NULL;
	if (reply->type == REPLY_NIL)
		return true;
	if (reply->type != REPLY_TEXT)
		return store_strange(why);
	if (strlen(reply->text) != reply->length)
		return true;
	if (find_kind(kind)->has_mac)
		return store_mac_read(s->macs, r, a, kind, hex, reply->text,
		                      ret_value, why);
	if (js_read(a, reply->text, reply->length, &value, NULL) &&
	    js_number(value, "v", 0) == VERSION)
		*ret_value = value;
	return true;
}

bool store_set_text(struct store *s, const struct region *r, struct arena *a,
                    const char *key, const char *text, int64_t seconds,
                    bool only_new, bool *ret_done, struct fault *why)
{
	const char *words[] = { "SET",
		                key,
		                text,
		                "EX",
		                store_seconds(a, seconds),
		                only_new ? "NX" : NULL,
		                NULL };
	struct reply reply;

	if (!store_command(s->links, r, a, words, &reply, why))
		return false;
	*ret_done = reply.type == REPLY_TEXT && text_equal(reply.text, "OK");
	return true;
}

bool store_put(struct store *s, const struct region *r, const char *kind,
               const char *secret, const json_t *value, int64_t seconds,
               bool only_new, bool *ret_done, struct fault *why)
{
	struct arena *a = arena_open();
	const char *hex = hash_hex(a, secret, strlen(secret));
	char *text;
	bool done = false;
	bool good = write_value(s, r, a, kind, hex, value, &text, why) &&
	            store_set_text(s, r, a, store_key_of(a, kind, hex), text,
	                           seconds, only_new, &done, why);

	arena_close(a);
	if (good && ret_done)
		*ret_done = done;
	return good;
}

bool store_once(struct store *s, const struct region *r, const char *who,
                const char *what, int64_t seconds, bool *ret_new,
                struct fault *why)
{
	struct arena *a = arena_open();
	bool good =
	    store_set_text(s, r, a, store_key_of_two(a, "replay", who, what),
	                   "1", seconds, true, ret_new, why);

	arena_close(a);
	return good;
}

/* Runs a command on one key that returns its value. */
static bool fetch(struct store *s, const struct region *r, struct arena *a,
                  const char *command, const char *kind, const char *hex,
                  json_t **ret_value, struct fault *why)
{
	const char *words[] = { command, store_key_of(a, kind, hex), NULL };
	struct reply reply;

	return store_command(s->links, r, a, words, &reply, why) &&
	       store_read_value(s, r, a, kind, hex, &reply, ret_value, why);
}

bool store_get(struct store *s, const struct region *r, struct arena *a,
               const char *kind, const char *secret, json_t **ret_value,
               struct fault *why)
{
	return fetch(s, r, a, "GET", kind, hash_hex(a, secret, strlen(secret)),
	             ret_value, why);
}

bool store_take(struct store *s, const struct region *r, struct arena *a,
                const char *kind, const char *secret, json_t **ret_value,
                struct fault *why)
{
	return fetch(s, r, a, "GETDEL", kind,
	             hash_hex(a, secret, strlen(secret)), ret_value, why);
}

bool store_get_hashed(struct store *s, const struct region *r, struct arena *a,
                      const char *kind, const char *hex, json_t **ret_value,
                      struct fault *why)
{
	if (!store_is_hex(hex))
		return fault(why, FAULT_INVALID, "not the name of a key");
	return fetch(s, r, a, "GET", kind, hex, ret_value, why);
}

bool store_run_script(struct store *s, const struct region *r, struct arena *a,
                      const char *script, const char *key,
                      const char *const arguments[3], long long *ret_number,
                      struct fault *why)
{
	const char *words[] = {
		"EVAL",       script,       "1",          key,
		arguments[0], arguments[1], arguments[2], NULL
	};
	struct reply reply;

	if (!store_command(s->links, r, a, words, &reply, why))
		return false;
	if (reply.type != REPLY_NUMBER)
		return store_strange(why);
	*ret_number = reply.number;
	return true;
}

static const char swap_script[] =
    "if redis.call('GET',KEYS[1])~=ARGV[1] then return 0 end "
    "redis.call('SET',KEYS[1],ARGV[2],'EX',ARGV[3]) return 1";

/* The same value has the same bytes, and the same bytes the same MAC. */
bool store_swap(struct store *s, const struct region *r, const char *kind,
                const char *secret, const json_t *was, const json_t *now,
                int64_t seconds, bool *ret_done, struct fault *why)
{
	struct arena *a = arena_open();
	const char *hex = hash_hex(a, secret, strlen(secret));
	const json_t *const values[] = { was, now };
	char *texts[2];
	long long swapped = 0;

	assert(find_kind(kind)->has_mac);
	bool good =
	    store_mac_write(s->macs, r, a, kind, hex, values, 2, texts, why);
	if (good)
		good = store_run_script(
		    s, r, a, swap_script, store_key_of(a, kind, hex),
		    (const char *[]){ texts[0], texts[1],
		                      store_seconds(a, seconds) },
		    &swapped, why);
	arena_close(a);
	if (good)
		*ret_done = swapped == 1;
	return good;
}

/* ---- deleting */

bool store_drop_key(struct store *s, const struct region *r, struct arena *a,
                    const char *key, struct fault *why)
{
	const char *words[] = { "DEL", key, NULL };
	struct reply reply;

	return store_command(s->links, r, a, words, &reply, why);
}

bool store_drop(struct store *s, const struct region *r, const char *kind,
                const char *secret, struct fault *why)
{
	struct arena *a = arena_open();
	bool good = store_drop_key(s, r, a, store_key(a, kind, secret), why);

	arena_close(a);
	return good;
}

bool store_drop_hashed(struct store *s, const struct region *r,
                       const char *kind, const char *hex, struct fault *why)
{
	struct arena *a;
	bool good;

	if (!store_is_hex(hex))
		return fault(why, FAULT_INVALID, "not the name of a key");
	a = arena_open();
	good = store_drop_key(s, r, a, store_key_of(a, kind, hex), why);
	arena_close(a);
	return good;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * store_keys.c: the names of keys in Redis.  A key contains the hash of the
 * secret, never the secret. */
#include <assert.h>
#include <string.h>

#include "lib/hash.h"
#include "lib/strbuf.h"
#include "region/redis/store_private.h"

enum { HASH_HEX_DIGITS = 64 };

/* docs/decisions/0001.  Kinds without a MAC can only deny access, or are lists
 * whose members are verified separately. */
static const struct store_key_kind {
	const char *name;
	bool has_mac;
} store_key_kinds[] = {
	{ "session", true }, { "ticket", true },  { "code", true },
	{ "par", true },     { "access", true },  { "refresh", true },
	{ "parts", false },  { "replay", false }, { "count", false },
	{ "ended", false },  { "person", false }, { "seen", false },
	{ "past", false },   { "logout", false }, { "idle", false },
	{ "gone", false },
};

static const struct store_key_kind *store_find_kind(const char *name)
{
	for (size_t i = 0; i < LENGTH(store_key_kinds); i++)
		if (text_equal(store_key_kinds[i].name, name))
			return &store_key_kinds[i];
	return NULL;
}

bool store_kind_has_mac(const char *kind)
{
	return store_find_kind(kind)->has_mac;
}

char *store_key_from_hash(struct arena *a, const char *kind, const char *hex)
{
	assert(store_find_kind(kind));
	return arena_printf(a, "pv:1:%s:%s", kind, hex);
}

char *store_key(struct arena *a, const char *kind, const char *secret)
{
	return store_key_from_hash(a, kind,
	                           hash_sha256_hex(a, secret, strlen(secret)));
}

char *store_key_from_pair(struct arena *a, const char *kind, const char *first,
                          const char *second)
{
	struct strbuf whole = strbuf_init(a);

	strbuf_append(&whole, first);
	strbuf_append_bytes(&whole, "", 1);
	strbuf_append(&whole, second);
	return store_key_from_hash(
	    a, kind, hash_sha256_hex(a, whole.data, whole.length));
}

bool store_is_hash(const char *hex)
{
	return strlen(hex) == HASH_HEX_DIGITS &&
	       strspn(hex, "0123456789abcdef") == HASH_HEX_DIGITS;
}

char *store_format_seconds(struct arena *a, int64_t seconds)
{
	assert(seconds > 0);
	return arena_printf(a, "%lld", (long long)seconds);
}

bool store_unexpected_reply(struct error *err)
{
	return error_set_reason(err, ERROR_UNAVAILABLE,
	                        "session-store-unavailable",
	                        "Redis: unexpected reply type");
}

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * store_validity.c: reads a value and the validity of the session it depends
 * on, in one round trip if the validity keys are cached.  Only the keys are
 * cached; the replies always come from Redis. */
#include <string.h>

#include "lib/hash.h"
#include "lib/strbuf.h"
#include "region/redis/store_private.h"

void store_prefetch_hint(struct store *s, const char *secret,
                         const struct validity_keys *keys)
{
	struct arena *a = arena_open();

	store_prefetch_add(s, hash_sha256_hex(a, secret, strlen(secret)), keys);
	arena_close(a);
}

static bool validity_keys_equal(const struct validity_keys *x,
                                const struct validity_keys *y)
{
	return text_equal(x->sid, y->sid) && text_equal(x->person, y->person) &&
	       text_equal(x->affiliation, y->affiliation) &&
	       text_equal(x->municipality, y->municipality);
}

/* ---- the two validity commands */

struct validity_commands {
	const char *hash_command[3];
	const char *revoked_command[5];
	struct store_reply
	    replies[3]; /* of the value, the hash and the times */
};

static void build_validity_commands(struct arena *a,
                                    const struct validity_keys *keys,
                                    struct validity_commands *ret)
{
	const char *const ids[3] = { keys->person, keys->affiliation,
		                     keys->municipality };

	ret->hash_command[0] = "HGETALL";
	ret->hash_command[1] = store_key(a, "parts", keys->sid);
	ret->hash_command[2] = NULL;
	(void)store_revoked_at_command(a, ids, ret->revoked_command);
}

static bool parse_validity(struct arena *a, const struct validity_keys *keys,
                           const struct validity_commands *commands,
                           struct validity *ret, struct error *err)
{
	const char *const ids[3] = { keys->person, keys->affiliation,
		                     keys->municipality };

	return store_parse_fields(a, &commands->replies[1], &ret->names,
	                          &ret->values, &ret->count, err) &&
	       store_parse_revoked_at(a, ids, &commands->replies[2],
	                              &ret->revoked_at, err);
}

bool store_get_validity(struct store *s, const struct config *cfg,
                        struct arena *a, const struct validity_keys *keys,
                        struct validity *ret_validity, struct error *err)
{
	struct validity_commands commands = { 0 };

	build_validity_commands(a, keys, &commands);
	return store_pipeline(
		   s->conns, cfg, a,
		   (const char *const *const[]){ commands.hash_command,
	                                         commands.revoked_command },
		   2, &commands.replies[1], err) &&
	       parse_validity(a, keys, &commands, ret_validity, err);
}

/* Reads the value and, if cached is not NULL, the validity of those keys. */
static bool fetch_value_and_validity(struct store *s, const struct config *cfg,
                                     struct arena *a, const char *key,
                                     const struct validity_keys *cached,
                                     struct validity_commands *commands,
                                     struct error *err)
{
	const char *get[] = { "GET", key, NULL };

	if (cached)
		build_validity_commands(a, cached, commands);
	return store_pipeline(
	    s->conns, cfg, a,
	    (const char *const *const[]){ get, commands->hash_command,
	                                  commands->revoked_command },
	    cached ? 3 : 1, commands->replies, err);
}

bool store_get_with_validity(struct store *s, const struct config *cfg,
                             struct arena *a, const char *kind,
                             const char *secret,
                             store_validity_keys_fn *keys_of, void *data,
                             json_t **ret_value, struct validity *ret_validity,
                             struct error *err)
{
	const char *hex = hash_sha256_hex(a, secret, strlen(secret));
	struct validity_keys cached = { 0 }, keys = { 0 };
	struct validity_commands commands = { 0 };
	json_t *value;
	bool is_cached = store_prefetch_find(s, a, hex, &cached);

	if (!fetch_value_and_validity(
		s, cfg, a, store_key_from_hash(a, kind, hex),
		is_cached ? &cached : NULL, &commands, err) ||
	    !store_read_value(s, cfg, a, kind, hex, &commands.replies[0],
	                      &value, err))
		return false;
	*ret_value = value;
	if (!value || !keys_of(data, value, &keys))
		return true;
	if (is_cached && validity_keys_equal(&cached, &keys))
		return parse_validity(a, &keys, &commands, ret_validity, err);
	store_prefetch_add(s, hex, &keys);
	return store_get_validity(s, cfg, a, &keys, ret_validity, err);
}

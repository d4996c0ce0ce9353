/* SPDX-License-Identifier: AGPL-3.0-or-later
 * session_store.c: values in Redis and their expiry. */
#include "region/redis/session_store.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/hash.h"
#include "lib/strbuf.h"
#include "region/redis/store_private.h"

enum { VALUE_VERSION = 1 };

struct store *store_open(struct ipc_client *signer)
{
	struct store *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	s->conns = store_conns_open();
	s->macs = store_mac_cache_open(signer);
	s->prefetch = store_prefetch_open();
	return s;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	store_conns_close(s->conns);
	store_mac_cache_close(s->macs);
	store_prefetch_close(s->prefetch);
	free(s);
}

/* ---- values */

static bool store_encode_value(struct store *s, const struct config *cfg,
                               struct arena *a, const char *kind,
                               const char *hex, const json_t *value,
                               char **ret_text, struct error *err)
{
	if (store_kind_has_mac(kind))
		return store_mac_encode(s->macs, cfg, a, kind, hex, &value, 1,
		                        ret_text, err);
	*ret_text = value ? js_dump(a, value) : arena_strdup(a, "1");
	return true;
}

bool store_read_value(struct store *s, const struct config *cfg,
                      struct arena *a, const char *kind, const char *hex,
                      const struct store_reply *reply, json_t **ret_value,
                      struct error *err)
{
	json_t *value = NULL;

	*ret_value = NULL;
	if (reply->type == STORE_REPLY_NIL)
		return true;
	if (reply->type != STORE_REPLY_STRING)
		return store_unexpected_reply(err);
	if (strlen(reply->text) != reply->length)
		return true;
	if (store_kind_has_mac(kind))
		return store_mac_decode(s->macs, cfg, a, kind, hex, reply->text,
		                        ret_value, err);
	if (js_parse(a, reply->text, reply->length, &value, NULL) &&
	    js_number(value, "v", 0) == VALUE_VERSION)
		*ret_value = value;
	return true;
}

bool store_set_text(struct store *s, const struct config *cfg, struct arena *a,
                    const char *key, const char *text, int64_t seconds,
                    bool if_absent, bool *ret_done, struct error *err)
{
	const char *args[] = { "SET",
		               key,
		               text,
		               "EX",
		               store_format_seconds(a, seconds),
		               if_absent ? "NX" : NULL,
		               NULL };
	struct store_reply reply;

	if (!store_command(s->conns, cfg, a, args, &reply, err))
		return false;
	*ret_done =
	    reply.type == STORE_REPLY_STRING && text_equal(reply.text, "OK");
	return true;
}

bool store_put(struct store *s, const struct config *cfg, const char *kind,
               const char *secret, const json_t *value, int64_t seconds,
               bool if_absent, bool *ret_done, struct error *err)
{
	struct arena *a = arena_open();
	const char *hex = hash_sha256_hex(a, secret, strlen(secret));
	char *text;
	bool done = false;
	bool good =
	    store_encode_value(s, cfg, a, kind, hex, value, &text, err) &&
	    store_set_text(s, cfg, a, store_key_from_hash(a, kind, hex), text,
	                   seconds, if_absent, &done, err);

	arena_close(a);
	if (good && ret_done)
		*ret_done = done;
	return good;
}

bool store_add_if_absent(struct store *s, const struct config *cfg,
                         const char *subject, const char *value,
                         int64_t seconds, bool *ret_new, struct error *err)
{
	struct arena *a = arena_open();
	bool good = store_set_text(
	    s, cfg, a, store_key_from_pair(a, "replay", subject, value), "1",
	    seconds, true, ret_new, err);

	arena_close(a);
	return good;
}

/* Runs a command on one key that returns its value. */
static bool store_fetch_value(struct store *s, const struct config *cfg,
                              struct arena *a, const char *command,
                              const char *kind, const char *hex,
                              json_t **ret_value, struct error *err)
{
	const char *args[] = { command, store_key_from_hash(a, kind, hex),
		               NULL };
	struct store_reply reply;

	return store_command(s->conns, cfg, a, args, &reply, err) &&
	       store_read_value(s, cfg, a, kind, hex, &reply, ret_value, err);
}

bool store_get(struct store *s, const struct config *cfg, struct arena *a,
               const char *kind, const char *secret, json_t **ret_value,
               struct error *err)
{
	return store_fetch_value(s, cfg, a, "GET", kind,
	                         hash_sha256_hex(a, secret, strlen(secret)),
	                         ret_value, err);
}

bool store_get_delete(struct store *s, const struct config *cfg,
                      struct arena *a, const char *kind, const char *secret,
                      json_t **ret_value, struct error *err)
{
	return store_fetch_value(s, cfg, a, "GETDEL", kind,
	                         hash_sha256_hex(a, secret, strlen(secret)),
	                         ret_value, err);
}

bool store_get_hashed(struct store *s, const struct config *cfg,
                      struct arena *a, const char *kind, const char *hex,
                      json_t **ret_value, struct error *err)
{
	if (!store_is_hash(hex))
		return error_set(err, ERROR_INVALID,
		                 "key is not a SHA-256 hash");
	return store_fetch_value(s, cfg, a, "GET", kind, hex, ret_value, err);
}

bool store_run_script(struct store *s, const struct config *cfg,
                      struct arena *a, const char *script, const char *key,
                      const char *const arguments[3], long long *ret_number,
                      struct error *err)
{
	const char *args[] = { "EVAL",       script,       "1",          key,
		               arguments[0], arguments[1], arguments[2], NULL };
	struct store_reply reply;

	if (!store_command(s->conns, cfg, a, args, &reply, err))
		return false;
	if (reply.type != STORE_REPLY_INTEGER)
		return store_unexpected_reply(err);
	*ret_number = reply.number;
	return true;
}

static const char cas_script[] =
    "if redis.call('GET',KEYS[1])~=ARGV[1] then return 0 end "
    "redis.call('SET',KEYS[1],ARGV[2],'EX',ARGV[3]) return 1";

/* The same value has the same bytes, and the same bytes the same MAC. */
bool store_compare_and_set(struct store *s, const struct config *cfg,
                           const char *kind, const char *secret,
                           const json_t *old_value, const json_t *new_value,
                           int64_t seconds, bool *ret_done, struct error *err)
{
	struct arena *a = arena_open();
	const char *hex = hash_sha256_hex(a, secret, strlen(secret));
	const json_t *const values[] = { old_value, new_value };
	char *texts[2];
	long long swapped = 0;

	assert(store_kind_has_mac(kind));
	bool good =
	    store_mac_encode(s->macs, cfg, a, kind, hex, values, 2, texts, err);
	if (good)
		good = store_run_script(
		    s, cfg, a, cas_script, store_key_from_hash(a, kind, hex),
		    (const char *[]){ texts[0], texts[1],
		                      store_format_seconds(a, seconds) },
		    &swapped, err);
	arena_close(a);
	if (good)
		*ret_done = swapped == 1;
	return good;
}

/* ---- deleting */

bool store_delete_key(struct store *s, const struct config *cfg,
                      struct arena *a, const char *key, struct error *err)
{
	const char *args[] = { "DEL", key, NULL };
	struct store_reply reply;

	return store_command(s->conns, cfg, a, args, &reply, err);
}

bool store_delete(struct store *s, const struct config *cfg, const char *kind,
                  const char *secret, struct error *err)
{
	struct arena *a = arena_open();
	bool good =
	    store_delete_key(s, cfg, a, store_key(a, kind, secret), err);

	arena_close(a);
	return good;
}

bool store_remove_added(struct store *s, const struct config *cfg,
                        const char *subject, const char *value,
                        struct error *err)
{
	struct arena *a = arena_open();
	bool good = store_delete_key(
	    s, cfg, a, store_key_from_pair(a, "replay", subject, value), err);

	arena_close(a);
	return good;
}

bool store_delete_hashed(struct store *s, const struct config *cfg,
                         const char *kind, const char *hex, struct error *err)
{
	struct arena *a;
	bool good;

	if (!store_is_hash(hex))
		return error_set(err, ERROR_INVALID,
		                 "key is not a SHA-256 hash");
	a = arena_open();
	good =
	    store_delete_key(s, cfg, a, store_key_from_hash(a, kind, hex), err);
	arena_close(a);
	return good;
}

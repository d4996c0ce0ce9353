/* SPDX-License-Identifier: AGPL-3.0-or-later
 * store_transaction.c: replaces one value and stores others atomically: a code
 * is redeemed for tokens at most once (RFC 6749 4.1.2).  One request to the
 * signer and one command to Redis. */
#include <assert.h>
#include <string.h>

#include "lib/hash.h"
#include "region/redis/store_private.h"

enum {
	MAX_CAS_KEYS = 1 + STORE_CAS_MAX_ITEMS,
	FIXED_ARGS = 3,
	ARGS_PER_KEY = 3,
	MAX_CAS_ARGS = FIXED_ARGS + 1 + MAX_CAS_KEYS * ARGS_PER_KEY +
	               STORE_CAS_MAX_REPLACED
};

/* KEYS: the key to replace, then the items, then keys to delete.  ARGV: the old
 * text up to the full stop before its MAC, which was verified on reading; then
 * the bytes and the expiry of the first of KEYS. */
#define CAS_MULTI_SCRIPT                                                       \
	"local was=redis.call('GET',KEYS[1]) "                                 \
	"if not was or string.sub(was,1,#ARGV[1])~=ARGV[1] then return 0 end " \
	"local stored=(#ARGV-1)/2 "                                            \
	"for i=stored+1,#KEYS do redis.call('DEL',KEYS[i]) end "               \
	"for i=1,stored do "                                                   \
	"redis.call('SET',KEYS[i],ARGV[2*i],'EX',ARGV[2*i+1]) end return 1"

static const char cas_multi_script[] = CAS_MULTI_SCRIPT;
/* Runs where Redis has reached maxmemory, too. */
static const char cas_multi_full_script[] =
    "#!lua flags=allow-oom\n" CAS_MULTI_SCRIPT;

struct cas_multi_args {
	const char *script;
	const char *replaced[STORE_CAS_MAX_REPLACED]; /* keys */
	size_t replaced_count;
	char *keys[MAX_CAS_KEYS];
	char *texts[MAX_CAS_KEYS];
	char *seconds[MAX_CAS_KEYS];
	size_t count;
};

static bool cas_multi_encode(struct store *s, const struct config *cfg,
                             struct arena *a, const struct store_item *all,
                             struct store_token_request *token_request,
                             struct cas_multi_args *w, struct error *err)
{
	struct store_mac_item macs[MAX_CAS_KEYS];

	for (size_t i = 0; i < w->count; i++) {
		const char *secret = all[i].secret;
		const char *hex = hash_sha256_hex(a, secret, strlen(secret));

		macs[i] =
		    (struct store_mac_item){ all[i].kind, hex, all[i].value };
		w->keys[i] = store_key_from_hash(a, all[i].kind, hex);
		w->seconds[i] = store_format_seconds(a, all[i].seconds);
	}
	return store_mac_encode_items(s->macs, cfg, a, macs, w->count,
	                              token_request, w->texts, err);
}

static bool cas_multi_run(struct store *s, const struct config *cfg,
                          struct arena *a, const json_t *old_value,
                          const struct cas_multi_args *w, bool *ret_done,
                          struct error *err)
{
	const char *args[MAX_CAS_ARGS + 1] = {
		"EVAL", w->script,
		arena_printf(a, "%zu", w->count + w->replaced_count)
	};
	size_t at = FIXED_ARGS;
	struct store_reply reply;

	for (size_t i = 0; i < w->count; i++)
		args[at++] = w->keys[i];
	for (size_t i = 0; i < w->replaced_count; i++)
		args[at++] = w->replaced[i];
	args[at++] = arena_printf(a, "%s.", store_mac_serialize(a, old_value));
	for (size_t i = 0; i < w->count; i++) {
		args[at++] = w->texts[i];
		args[at++] = w->seconds[i];
	}
	if (!store_command(s->conns, cfg, a, args, &reply, err))
		return false;
	if (reply.type != STORE_REPLY_INTEGER)
		return store_unexpected_reply(err);
	*ret_done = reply.number == 1;
	return true;
}

static bool cas_multi(struct store *s, const struct config *cfg,
                      const json_t *old_value,
                      const struct store_item *new_item,
                      const struct store_item *items,
                      struct store_token_request *token_request,
                      struct cas_multi_args *w, bool *ret_done,
                      struct error *err)
{
	struct arena *a = arena_open();
	struct store_item all[MAX_CAS_KEYS] = { *new_item };

	assert(w->count <= MAX_CAS_KEYS);
	for (size_t i = 1; i < w->count; i++)
		all[i] = items[i - 1];
	bool good = cas_multi_encode(s, cfg, a, all, token_request, w, err) &&
	            cas_multi_run(s, cfg, a, old_value, w, ret_done, err);

	arena_close(a);
	return good;
}

bool store_cas_multi(struct store *s, const struct config *cfg,
                     const json_t *old_value, const struct store_item *new_item,
                     const struct store_item *items, size_t count,
                     struct store_token_request *token_request, bool *ret_done,
                     struct error *err)
{
	struct cas_multi_args w = { .script = cas_multi_script,
		                    .count = count + 1 };

	return cas_multi(s, cfg, old_value, new_item, items, token_request, &w,
	                 ret_done, err);
}

bool store_cas_in_place(struct store *s, const struct config *cfg,
                        const json_t *old_value,
                        const struct store_item *new_item,
                        const struct store_item *item,
                        const char *const *replaced, size_t count,
                        struct store_token_request *token_request,
                        bool *ret_done, struct error *err)
{
	struct arena *a = arena_open();
	struct cas_multi_args w = { .script = cas_multi_full_script,
		                    .count = 2,
		                    .replaced_count = count };

	assert(count <= STORE_CAS_MAX_REPLACED);
	for (size_t i = 0; i < count; i++)
		w.replaced[i] = store_key_from_hash(a, item->kind, replaced[i]);
	bool good = cas_multi(s, cfg, old_value, new_item, item, token_request,
	                      &w, ret_done, err);

	arena_close(a);
	return good;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * store_transaction.c: replaces one value and stores others atomically: a code
 * is redeemed for tokens at most once (RFC 6749 4.1.2).  One request to the
 * signer and one command to Redis. */
#include <assert.h>
#include <string.h>

#include "lib/hash.h"
#include "region/store_inner.h"

enum { ALL_MOST = 1 + STORE_WITH_MOST, NAMES = 3, FOR_EACH = 3 };

/* KEYS: the key to replace, then the items.  ARGV: the old text up to the full
 * stop before its MAC, which was verified on reading; then the bytes and the
 * expiry of each of KEYS. */
static const char script[] =
    "local was=redis.call('GET',KEYS[1]) "
    "if not was or string.sub(was,1,#ARGV[1])~=ARGV[1] then return 0 end "
    "for i=1,#KEYS do "
    "redis.call('SET',KEYS[i],ARGV[2*i],'EX',ARGV[2*i+1]) end return 1";

struct written {
	char *keys[ALL_MOST];
	char *texts[ALL_MOST];
	char *seconds[ALL_MOST];
	size_t count;
};

static bool write_all(struct store *s, const struct region *r, struct arena *a,
                      const struct store_item *all, struct store_along *along,
                      struct written *w, struct fault *why)
{
	struct mac_item macs[ALL_MOST];

	for (size_t i = 0; i < w->count; i++) {
		const char *secret = all[i].secret;
		const char *hex = hash_hex(a, secret, strlen(secret));

		macs[i] = (struct mac_item){ all[i].kind, hex, all[i].value };
		w->keys[i] = store_key_of(a, all[i].kind, hex);
		w->seconds[i] = store_seconds(a, all[i].seconds);
	}
	return store_mac_write_items(s->macs, r, a, macs, w->count, along,
	                             w->texts, why);
}

static bool run(struct store *s, const struct region *r, struct arena *a,
                const json_t *was, const struct written *w, bool *ret_done,
                struct fault *why)
{
	const char *words[NAMES + 1 + ALL_MOST * FOR_EACH + 1] = {
		"EVAL", script, arena_print(a, "%zu", w->count)
	};
	size_t at = NAMES;
	struct reply reply;

	for (size_t i = 0; i < w->count; i++)
		words[at++] = w->keys[i];
	words[at++] = arena_print(a, "%s.", store_mac_text(a, was));
	for (size_t i = 0; i < w->count; i++) {
		words[at++] = w->texts[i];
		words[at++] = w->seconds[i];
	}
	if (!store_command(s->links, r, a, words, &reply, why))
		return false;
	if (reply.type != REPLY_NUMBER)
		return store_strange(why);
	*ret_done = reply.number == 1;
	return true;
}

bool store_swap_with(struct store *s, const struct region *r, const json_t *was,
                     const struct store_item *now,
                     const struct store_item *items, size_t count,
                     struct store_along *along, bool *ret_done,
                     struct fault *why)
{
	struct arena *a = arena_open();
	struct store_item all[ALL_MOST] = { *now };
	struct written w = { .count = count + 1 };

	assert(count <= STORE_WITH_MOST);
	for (size_t i = 0; i < count; i++)
		all[i + 1] = items[i];
	bool good = write_all(s, r, a, all, along, &w, why) &&
	            run(s, r, a, was, &w, ret_done, why);

	arena_close(a);
	return good;
}

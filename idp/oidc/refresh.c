/* SPDX-License-Identifier: AGPL-3.0-or-later
 * refresh_token.c: refresh token rotation (RFC 9700 4.14.2).  Redis holds per
 * family the hash of the current secret and those of the access tokens. */
#include "idp/oidc/refresh.h"

#include <string.h>

#include "idp/oidc/access.h"
#include "lib/clock.h"
#include "lib/hash.h"
#include "lib/random.h"
#include "lib/text.h"

/* Valid access tokens per family; older ones are revoked. */
enum { MOST_ACCESS = 8 };

static int64_t lives_until(const struct visit *v, const struct grant *g)
{
	return g->proved_at + v->region->sessions.longest;
}

bool refresh_may_begin(const struct visit *v, const struct grant *g)
{
	return lives_until(v, g) > clock_now();
}

/* Drops expired access tokens from list and revokes the oldest ones until one
 * more fits. */
static bool leave_room(struct visit *v, json_t *list, struct fault *why)
{
	while (js_number(json_array_get(list, 0), "until", 0) <= clock_now() &&
	       json_array_size(list) > 0)
		(void)json_array_remove(list, 0);
	while (json_array_size(list) >= MOST_ACCESS) {
		const char *oldest = js_string(json_array_get(list, 0), "hash");

		if (oldest && !access_drop(v, oldest, why))
			return false;
		(void)json_array_remove(list, 0);
	}
	return true;
}

/* Returns the family's value with secret as the current one and access added to
 * list. */
static json_t *value_with(struct visit *v, const struct grant *g,
                          const char *secret, json_t *list,
                          const struct fresh *access)
{
	json_t *value = grant_write(v->arena, g);

	(void)json_array_append_new(
	    list, json_pack("{s:s, s:I}", "hash", access->hash, "until",
	                    (json_int_t)(clock_now() + ACCESS_LIFE)));
	js_put(value, "current", hash_text(v->arena, secret));
	(void)json_object_set_new(value, "until",
	                          json_integer(lives_until(v, g)));
	(void)json_object_set(value, "access", list);
	return value;
}

struct fresh refresh_make(struct visit *v, const struct grant *g,
                          const struct fresh *access)
{
	const char *family = random_secret(v->arena);
	const char *secret = random_secret(v->arena);
	json_t *list = js_keep(v->arena, json_array());
	json_t *value = value_with(v, g, secret, list, access);

	return (struct fresh){
		.item = { "refresh", family, value,
		          lives_until(v, g) - clock_now() },
		.token = arena_print(v->arena, "%s.%s", family, secret),
		.hash = hash_hex(v->arena, family, strlen(family)),
	};
}

static bool is_current(struct arena *a, const json_t *value, const char *secret)
{
	return hash_same_text(js_string(value, "current"),
	                      hash_text(a, secret));
}

bool refresh_find(struct visit *v, const char *token,
                  struct family **ret_family, struct fault *why)
{
	const char *stop = strchr(token, '.');
	const struct grant *g;
	json_t *value;

	*ret_family = NULL;
	if (!stop || stop == token)
		return true;
	const char *name = arena_bytes(v->arena, token, (size_t)(stop - token));

	if (!grant_find(v, "refresh", name, &value, &g, why))
		return false;
	if (!g)
		return true;
	struct family *f = arena_new(v->arena, struct family);

	*f = (struct family){
		.name = name,
		.grant = g,
		.until = js_number(value, "until", 0),
		.was = value,
		.is_current = is_current(v->arena, value, stop + 1),
	};
	*ret_family = f;
	return true;
}

bool refresh_rotate(struct visit *v, const struct family *f,
                    const struct fresh *access, struct store_along *along,
                    char **ret_token, bool *ret_done, struct fault *why)
{
	const char *secret = random_secret(v->arena);
	json_t *list = js_keep(v->arena, json_array());

	(void)json_array_extend(list, js_array(f->was, "access"));
	if (!leave_room(v, list, why))
		return false;
	const struct store_item next = {
		"refresh",
		f->name,
		value_with(v, f->grant, secret, list, access),
		f->until - clock_now(),
	};

	if (!store_swap_with(v->staff->store, v->region, f->was, &next,
	                     &access->item, 1, along, ret_done, why))
		return false;
	grant_expect(v, f->grant, access->token);
	*ret_token = arena_print(v->arena, "%s.%s", f->name, secret);
	return true;
}

bool refresh_end(struct visit *v, const char *hash, struct fault *why)
{
	json_t *value, *given;
	size_t i;

	if (!store_get_hashed(v->staff->store, v->region, v->arena, "refresh",
	                      hash, &value, why))
		return false;
	json_array_foreach(js_array(value, "access"), i, given)
	{
		const char *access = js_string(given, "hash");

		if (access && !access_drop(v, access, why))
			return false;
	}
	return store_drop_hashed(v->staff->store, v->region, "refresh", hash,
	                         why);
}

char *refresh_hash(struct arena *a, const struct family *f)
{
	return hash_hex(a, f->name, strlen(f->name));
}

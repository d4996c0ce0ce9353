/* SPDX-License-Identifier: AGPL-3.0-or-later
 * issuer_key_cache.c: caches the JWKS and certificates that the signer
 * publishes for each issuer: they are requested far more often than keys
 * change. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "idp/session/visit.h"
#include "lib/clock.h"
#include "lib/text.h"

/* A key is published long before it signs, so this delay is harmless. */
enum { FRESH_MS = 10 * 1000 };

struct shelf {
	struct shelf *next;
	char *issuer;
	struct arena *arena; /* of keys */
	struct public_keys keys;
	int64_t fetched_ms;
};

struct key_shelf {
	pthread_mutex_t lock; /* guards first and all behind it */
	struct shelf *first;
};

struct key_shelf *key_shelf_open(void)
{
	struct key_shelf *k = calloc(1, sizeof(*k));

	if (!k)
		abort();
	(void)pthread_mutex_init(&k->lock, NULL);
	return k;
}

void key_shelf_close(struct key_shelf *k)
{
	if (!k)
		return;
	while (k->first) {
		struct shelf *one = k->first;

		k->first = one->next;
		arena_close(one->arena);
		free(one->issuer);
		free(one);
	}
	(void)pthread_mutex_destroy(&k->lock);
	free(k);
}

static struct public_keys *copied(struct arena *a, const struct public_keys *k)
{
	struct public_keys *own = arena_new(a, struct public_keys);

	own->jwks = arena_copy(a, k->jwks);
	own->certificate_count = k->certificate_count;
	own->certificates = arena_array(a, char *, k->certificate_count + 1);
	for (size_t i = 0; i < k->certificate_count; i++)
		own->certificates[i] = arena_copy(a, k->certificates[i]);
	return own;
}

static struct shelf *find_shelf(struct key_shelf *k, const char *issuer)
{
	struct shelf *one = k->first;

	while (one && !text_equal(one->issuer, issuer))
		one = one->next;
	return one;
}

/* Returns a copy of the entry, or NULL where there is none or, unless
 * allow_stale, it is too old. */
static struct public_keys *look(struct visit *v, const struct issuer *i,
                                bool at_any_age)
{
	struct key_shelf *k = v->staff->keys;
	struct public_keys *found = NULL;

	(void)pthread_mutex_lock(&k->lock);
	const struct shelf *one = find_shelf(k, i->name);

	if (one &&
	    (at_any_age || clock_monotonic_ms() - one->fetched_ms < FRESH_MS))
		found = copied(v->arena, &one->keys);
	(void)pthread_mutex_unlock(&k->lock);
	return found;
}

static void put_away(struct key_shelf *k, const struct issuer *i,
                     const struct public_keys *keys)
{
	struct arena *a = arena_open();

	(void)pthread_mutex_lock(&k->lock);
	struct shelf *one = find_shelf(k, i->name);

	if (!one) {
		one = calloc(1, sizeof(*one));
		if (!one)
			abort();
		one->issuer = strdup(i->name);
		one->next = k->first;
		k->first = one;
	}
	arena_close(one->arena);
	one->arena = a;
	one->keys = *copied(a, keys);
	one->fetched_ms = clock_monotonic_ms();
	(void)pthread_mutex_unlock(&k->lock);
}

static bool fetch(struct visit *v, const struct issuer *i,
                  struct public_keys *ret, struct fault *why)
{
	json_t *question = js_keep(v->arena, json_object());
	json_t *answer;

	js_put(question, "issuer", i->name);
	if (!ask(v->staff->keeper, v->arena, ASK_PUBLIC, v->region->hash,
	         question, &answer, why))
		return false;
	json_t *certificates = js_array(answer, "certificates");
	size_t count = json_array_size(certificates);

	const json_t *jwks = json_object_get(answer, "jwks");

	*ret = (struct public_keys){ .jwks = json_is_object(jwks)
		                                 ? js_write(v->arena, jwks)
		                                 : json_string_value(jwks) };
	ret->certificates = arena_array(v->arena, char *, count + 1);
	for (size_t n = 0; n < count; n++) {
		const char *one =
		    json_string_value(json_array_get(certificates, n));

		if (one)
			ret->certificates[ret->certificate_count++] =
			    arena_copy(v->arena, one);
	}
	if (!ret->jwks)
		return fault_for(why, FAULT_UNAVAILABLE, "keeper-away",
		                 "the keeper publishes nothing");
	return true;
}

/* While the signer restarts, a stale entry is returned: its keys are still
 * valid. */
bool visit_public_keys(struct visit *v, const struct issuer *i,
                       const struct public_keys **ret_keys, struct fault *why)
{
	struct public_keys *keys = look(v, i, false);

	if (!keys) {
		struct public_keys fresh;

		if (fetch(v, i, &fresh, why)) {
			put_away(v->staff->keys, i, &fresh);
			keys = copied(v->arena, &fresh);
		} else {
			keys = look(v, i, true);
		}
	}
	if (!keys)
		return false;
	*ret_keys = keys;
	return true;
}

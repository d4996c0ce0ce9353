/* SPDX-License-Identifier: AGPL-3.0-or-later
 * store_validity.c: reads a value and the validity of the session it depends
 * on, in one round trip if the validity keys are cached.  Only the keys are
 * cached; the replies always come from Redis. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/hash.h"
#include "lib/text.h"
#include "region/store_inner.h"

enum { REMEMBERED = 1024, HEX = 64, NAME_MOST = 48, PLACE_MOST = 64 };

/* Keys that are too long for it are not cached. */
struct guess {
	char of[HEX + 1];
	char sid[NAME_MOST], person[NAME_MOST], affiliation[NAME_MOST];
	char municipality[PLACE_MOST];
};

struct store_guesses {
	pthread_mutex_t lock;
	struct guess at[REMEMBERED];
};

struct store_guesses *store_guesses_open(void)
{
	struct store_guesses *g = calloc(1, sizeof(*g));

	if (!g)
		abort();
	(void)pthread_mutex_init(&g->lock, NULL);
	return g;
}

void store_guesses_close(struct store_guesses *g)
{
	if (!g)
		return;
	(void)pthread_mutex_destroy(&g->lock);
	free(g);
}

static struct guess *place_of(struct store_guesses *g, const char *hex)
{
	char first[9] = "";

	memcpy(first, hex, sizeof(first) - 1);
	return &g->at[strtoul(first, NULL, 16) % REMEMBERED];
}

static bool fits(const char *text, size_t room)
{
	return text && strlen(text) < room;
}

static void remember(struct store *s, const char *hex, const struct watched *w)
{
	struct guess *place = place_of(s->guesses, hex);

	if (!fits(w->sid, NAME_MOST) || !fits(w->person, NAME_MOST) ||
	    !fits(w->affiliation, NAME_MOST) ||
	    !fits(w->municipality, PLACE_MOST))
		return;
	(void)pthread_mutex_lock(&s->guesses->lock);
	(void)snprintf(place->of, sizeof(place->of), "%s", hex);
	(void)snprintf(place->sid, sizeof(place->sid), "%s", w->sid);
	(void)snprintf(place->person, sizeof(place->person), "%s", w->person);
	(void)snprintf(place->affiliation, sizeof(place->affiliation), "%s",
	               w->affiliation);
	(void)snprintf(place->municipality, sizeof(place->municipality), "%s",
	               w->municipality);
	(void)pthread_mutex_unlock(&s->guesses->lock);
}

static bool guess(struct store *s, struct arena *a, const char *hex,
                  struct watched *ret_guess)
{
	const struct guess *place = place_of(s->guesses, hex);

	(void)pthread_mutex_lock(&s->guesses->lock);
	bool known = text_equal(place->of, hex);

	if (known)
		*ret_guess = (struct watched){
			.sid = arena_copy(a, place->sid),
			.person = arena_copy(a, place->person),
			.affiliation = arena_copy(a, place->affiliation),
			.municipality = arena_copy(a, place->municipality),
		};
	(void)pthread_mutex_unlock(&s->guesses->lock);
	return known;
}

void store_expect(struct store *s, const char *secret, const struct watched *w)
{
	struct arena *a = arena_open();

	remember(s, hash_hex(a, secret, strlen(secret)), w);
	arena_close(a);
}

static bool same(const struct watched *x, const struct watched *y)
{
	return text_equal(x->sid, y->sid) && text_equal(x->person, y->person) &&
	       text_equal(x->affiliation, y->affiliation) &&
	       text_equal(x->municipality, y->municipality);
}

/* ---- the two validity commands */

struct asking {
	const char *fields[3];
	const char *ended[5];
	struct reply replies[3]; /* of the value, the hash and the times */
};

static void ask_for(struct arena *a, const struct watched *w,
                    struct asking *ret)
{
	const char *const names[3] = { w->person, w->affiliation,
		                       w->municipality };

	ret->fields[0] = "HGETALL";
	ret->fields[1] = store_key(a, "parts", w->sid);
	ret->fields[2] = NULL;
	(void)store_ended_words(a, names, ret->ended);
}

static bool read_standing(struct arena *a, const struct watched *w,
                          const struct asking *k, struct standing *ret,
                          struct fault *why)
{
	const char *const names[3] = { w->person, w->affiliation,
		                       w->municipality };

	return store_fields_read(a, &k->replies[1], &ret->names, &ret->values,
	                         &ret->count, why) &&
	       store_ended_read(a, names, &k->replies[2], &ret->ended, why);
}

bool store_standing(struct store *s, const struct region *r, struct arena *a,
                    const struct watched *w, struct standing *ret,
                    struct fault *why)
{
	struct asking k = { 0 };

	ask_for(a, w, &k);
	return store_commands(s->links, r, a,
	                      (const char *const *const[]){ k.fields, k.ended },
	                      2, &k.replies[1], why) &&
	       read_standing(a, w, &k, ret, why);
}

/* Reads the value and, if cached is not NULL, the validity of those keys. */
static bool ask_both(struct store *s, const struct region *r, struct arena *a,
                     const char *key, const struct watched *guessed,
                     struct asking *k, struct fault *why)
{
	const char *get[] = { "GET", key, NULL };

	if (guessed)
		ask_for(a, guessed, k);
	return store_commands(
	    s->links, r, a,
	    (const char *const *const[]){ get, k->fields, k->ended },
	    guessed ? 3 : 1, k->replies, why);
}

bool store_get_standing(struct store *s, const struct region *r,
                        struct arena *a, const char *kind, const char *secret,
                        store_watch *watch, void *with, json_t **ret_value,
                        struct standing *ret_standing, struct fault *why)
{
	const char *hex = hash_hex(a, secret, strlen(secret));
	struct watched guessed = { 0 }, w = { 0 };
	struct asking k = { 0 };
	json_t *value;
	bool known = guess(s, a, hex, &guessed);

	if (!ask_both(s, r, a, store_key_of(a, kind, hex),
	              known ? &guessed : NULL, &k, why) ||
	    !store_read_value(s, r, a, kind, hex, &k.replies[0], &value, why))
		return false;
	*ret_value = value;
	if (!value || !watch(with, value, &w))
		return true;
	if (known && same(&guessed, &w))
		return read_standing(a, &w, &k, ret_standing, why);
	remember(s, hex, &w);
	return store_standing(s, r, a, &w, ret_standing, why);
}

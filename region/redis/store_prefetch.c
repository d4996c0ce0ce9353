/* SPDX-License-Identifier: AGPL-3.0-or-later
 * store_prefetch.c: a cache in memory: which validity keys belong to a stored
 * value, so that both are read in one round trip. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/strbuf.h"
#include "region/redis/store_private.h"

enum {
	PREFETCH_ENTRIES = 1024,
	HASH_HEX_DIGITS = 64,
	MAX_ID_LENGTH = 48,
	MAX_MUNICIPALITY_NAME = 64
};

/* Keys that are too long for it are not cached. */
struct prefetch_entry {
	char hash[HASH_HEX_DIGITS + 1];
	char sid[MAX_ID_LENGTH], person[MAX_ID_LENGTH],
	    affiliation[MAX_ID_LENGTH];
	char municipality[MAX_MUNICIPALITY_NAME];
};

struct store_prefetch {
	pthread_mutex_t lock;
	struct prefetch_entry entries[PREFETCH_ENTRIES];
};

struct store_prefetch *store_prefetch_open(void)
{
	struct store_prefetch *g = calloc(1, sizeof(*g));

	if (!g)
		abort();
	(void)pthread_mutex_init(&g->lock, NULL);
	return g;
}

void store_prefetch_close(struct store_prefetch *g)
{
	if (!g)
		return;
	(void)pthread_mutex_destroy(&g->lock);
	free(g);
}

static struct prefetch_entry *prefetch_slot(struct store_prefetch *g,
                                            const char *hex)
{
	char first[9] = "";

	memcpy(first, hex, sizeof(first) - 1);
	return &g->entries[strtoul(first, NULL, 16) % PREFETCH_ENTRIES];
}

static bool fits_buffer(const char *text, size_t size)
{
	return text && strlen(text) < size;
}

void store_prefetch_add(struct store *s, const char *hex,
                        const struct validity_keys *keys)
{
	struct prefetch_entry *slot = prefetch_slot(s->prefetch, hex);

	if (!fits_buffer(keys->sid, MAX_ID_LENGTH) ||
	    !fits_buffer(keys->person, MAX_ID_LENGTH) ||
	    !fits_buffer(keys->affiliation, MAX_ID_LENGTH) ||
	    !fits_buffer(keys->municipality, MAX_MUNICIPALITY_NAME))
		return;
	(void)pthread_mutex_lock(&s->prefetch->lock);
	(void)snprintf(slot->hash, sizeof(slot->hash), "%s", hex);
	(void)snprintf(slot->sid, sizeof(slot->sid), "%s", keys->sid);
	(void)snprintf(slot->person, sizeof(slot->person), "%s", keys->person);
	(void)snprintf(slot->affiliation, sizeof(slot->affiliation), "%s",
	               keys->affiliation);
	(void)snprintf(slot->municipality, sizeof(slot->municipality), "%s",
	               keys->municipality);
	(void)pthread_mutex_unlock(&s->prefetch->lock);
}

bool store_prefetch_find(struct store *s, struct arena *a, const char *hex,
                         struct validity_keys *ret_keys)
{
	const struct prefetch_entry *slot = prefetch_slot(s->prefetch, hex);

	(void)pthread_mutex_lock(&s->prefetch->lock);
	bool found = text_equal(slot->hash, hex);

	if (found)
		*ret_keys = (struct validity_keys){
			.sid = arena_strdup(a, slot->sid),
			.person = arena_strdup(a, slot->person),
			.affiliation = arena_strdup(a, slot->affiliation),
			.municipality = arena_strdup(a, slot->municipality),
		};
	(void)pthread_mutex_unlock(&s->prefetch->lock);
	return found;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * entry_table.c: a hash table by entryUUID with open addressing.  It never
 * shrinks: a deleted entry stays as revoked, so its id remains known. */
#include "idp/watch/known.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 1024 };

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

bool known_from_text(const char *text, unsigned char ret_bytes[16])
{
	unsigned char bytes[16];
	size_t n = 0;

	if (!text || strlen(text) != 36)
		return false;
	for (size_t i = 0; i < 36; i++) {
		if (i == 8 || i == 13 || i == 18 || i == 23) {
			if (text[i] != '-')
				return false;
			continue;
		}
		int high = nibble(text[i]), low = nibble(text[i + 1]);

		if (high < 0 || low < 0)
			return false;
		bytes[n++] = (unsigned char)(high << 4 | low);
		i++;
	}
	memcpy(ret_bytes, bytes, 16);
	return true;
}

void known_to_text(const unsigned char b[16], char ret_text[37])
{
	(void)snprintf(ret_text, 37,
	               "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
	               "%02x%02x%02x%02x%02x%02x",
	               b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8],
	               b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}

/* A version 1 UUID varies in its first bytes, a version 4 UUID anywhere. */
static size_t first_place(const struct known_table *t,
                          const unsigned char uuid[16])
{
	uint64_t h;

	memcpy(&h, uuid, sizeof(h));
	return (size_t)(h * 0x9e3779b97f4a7c15u >> 20) % t->room;
}

static struct known *place(const struct known_table *t,
                           const unsigned char uuid[16])
{
	size_t i = first_place(t, uuid);

	while (t->at[i].taken && memcmp(t->at[i].uuid, uuid, 16) != 0)
		i = (i + 1) % t->room;
	return &t->at[i];
}

static void grow(struct known_table *t)
{
	struct known_table old = *t;

	t->room = old.room ? old.room * 2 : FIRST_ROOM;
	t->at = calloc(t->room, sizeof(*t->at));
	if (!t->at)
		abort();
	for (size_t i = 0; i < old.room; i++)
		if (old.at[i].taken)
			*place(t, old.at[i].uuid) = old.at[i];
	free(old.at);
}

struct known *known_place(struct known_table *t, const unsigned char uuid[16])
{
	if (t->count * 4 >= t->room * 3)
		grow(t);
	struct known *k = place(t, uuid);

	if (!k->taken) {
		memcpy(k->uuid, uuid, 16);
		k->taken = true;
		t->count++;
	}
	return k;
}

struct known *known_find(struct known_table *t, const unsigned char uuid[16])
{
	struct known *k = t->room ? place(t, uuid) : NULL;

	return k && k->taken ? k : NULL;
}

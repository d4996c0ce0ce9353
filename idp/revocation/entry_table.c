/* SPDX-License-Identifier: AGPL-3.0-or-later
 * entry_table.c: a hash table by entryUUID with open addressing.  It never
 * shrinks: a deleted entry stays as revoked, so its id remains known. */
#include "idp/revocation/entry_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INITIAL_CAPACITY = 1024 };

static int hex_digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

bool entry_uuid_parse(const char *text, unsigned char ret_bytes[16])
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
		int high = hex_digit_value(text[i]),
		    low = hex_digit_value(text[i + 1]);

		if (high < 0 || low < 0)
			return false;
		bytes[n++] = (unsigned char)(high << 4 | low);
		i++;
	}
	memcpy(ret_bytes, bytes, 16);
	return true;
}

void entry_uuid_format(const unsigned char bytes[16], char ret_text[37])
{
	(void)snprintf(ret_text, 37,
	               "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
	               "%02x%02x%02x%02x%02x%02x",
	               bytes[0], bytes[1], bytes[2], bytes[3], bytes[4],
	               bytes[5], bytes[6], bytes[7], bytes[8], bytes[9],
	               bytes[10], bytes[11], bytes[12], bytes[13], bytes[14],
	               bytes[15]);
}

/* Hashes the first eight bytes: they differ between UUIDs of version 1 and of
 * version 4. */
static size_t entry_table_hash(const struct entry_table *t,
                               const unsigned char uuid[16])
{
	uint64_t h;

	memcpy(&h, uuid, sizeof(h));
	return (size_t)(h * 0x9e3779b97f4a7c15u >> 20) % t->capacity;
}

static struct entry_slot *entry_table_probe(const struct entry_table *t,
                                            const unsigned char uuid[16])
{
	size_t i = entry_table_hash(t, uuid);

	while (t->slots[i].in_use && memcmp(t->slots[i].uuid, uuid, 16) != 0)
		i = (i + 1) % t->capacity;
	return &t->slots[i];
}

static void entry_table_grow(struct entry_table *t)
{
	struct entry_table old = *t;

	t->capacity = old.capacity ? old.capacity * 2 : INITIAL_CAPACITY;
	t->slots = calloc(t->capacity, sizeof(*t->slots));
	if (!t->slots)
		abort();
	for (size_t i = 0; i < old.capacity; i++)
		if (old.slots[i].in_use)
			*entry_table_probe(t, old.slots[i].uuid) = old.slots[i];
	free(old.slots);
}

struct entry_slot *entry_table_insert(struct entry_table *t,
                                      const unsigned char uuid[16])
{
	if (t->count * 4 >= t->capacity * 3)
		entry_table_grow(t);
	struct entry_slot *entry = entry_table_probe(t, uuid);

	if (!entry->in_use) {
		memcpy(entry->uuid, uuid, 16);
		entry->in_use = true;
		t->count++;
	}
	return entry;
}

struct entry_slot *entry_table_find(struct entry_table *t,
                                    const unsigned char uuid[16])
{
	struct entry_slot *entry =
	    t->capacity ? entry_table_probe(t, uuid) : NULL;

	return entry && entry->in_use ? entry : NULL;
}

static size_t entry_table_seen_count(const struct entry_table *t)
{
	size_t seen = 0;

	for (size_t i = 0; i < t->capacity; i++)
		seen += t->slots[i].in_use && t->slots[i].seen;
	return seen;
}

bool entry_table_each_unseen(struct entry_table *t,
                             bool (*each)(void *data, struct entry_slot *entry),
                             void *data)
{
	if (entry_table_seen_count(t) * 2 <= t->count)
		return true;
	for (size_t i = 0; i < t->capacity; i++)
		if (t->slots[i].in_use && !t->slots[i].seen &&
		    !each(data, &t->slots[i]))
			return false;
	return true;
}

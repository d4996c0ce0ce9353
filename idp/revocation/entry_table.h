/* SPDX-License-Identifier: AGPL-3.0-or-later
 * entry_table.h: the state of each catalogue entry in portvakt-revocation, a
 * hash table by entryUUID.  A slot has 64 bytes; a table of 100,000 entries has
 * 16 MiB. */
#ifndef IDP_REVOCATION_ENTRY_TABLE_H
#define IDP_REVOCATION_ENTRY_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct entry_slot {
	unsigned char uuid[16];   /* entryUUID */
	unsigned char id[16];     /* portvaktId */
	unsigned char person[16]; /* of an affiliation: its person's id */
	int64_t valid_until;      /* portvaktUntil, Unix time; 0: none */
	/* Of a person's former ids or of an affiliation's person; 0: not read
	 * yet. */
	uint32_t correlation_digest;
	/* Of an affiliation's proved links (proved_links.h). */
	unsigned link_digest : 20;
	unsigned link_count : 6;
	unsigned in_doubt : 1;   /* has portvaktDoubt */
	unsigned in_use : 1;     /* 0: an empty slot */
	unsigned is_person : 1;  /* 0: an affiliation */
	unsigned is_revoked : 1; /* as last recorded in Redis */
	unsigned seen : 1;       /* named in the current refresh */
};

struct entry_table {
	struct entry_slot *slots;
	size_t capacity, count;
};

/* Parses a UUID of 36 characters in lower case (RFC 9562 4); returns false for
 * any other string and for NULL. */
bool entry_uuid_parse(const char *text, unsigned char ret_bytes[16]);
/* Formats a UUID in lower case: 36 characters and a NUL. */
void entry_uuid_format(const unsigned char bytes[16], char ret_text[37]);

/* Returns the entry's slot, a new zeroed one if there is none; valid until the
 * next insertion, which may move all slots.  Out of memory aborts. */
struct entry_slot *entry_table_insert(struct entry_table *t,
                                      const unsigned char uuid[16]);
/* Returns the entry's slot, valid until the next insertion; NULL if there is
 * none. */
struct entry_slot *entry_table_find(struct entry_table *t,
                                    const unsigned char uuid[16]);

/* After a refresh: calls each() for every entry that it did not name, until one
 * returns false, and returns that.  If the refresh named half of the entries or
 * less it is taken as faulty, and none is called. */
bool entry_table_each_unseen(struct entry_table *t,
                             bool (*each)(void *data, struct entry_slot *entry),
                             void *data);

#endif

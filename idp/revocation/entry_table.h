/* SPDX-License-Identifier: AGPL-3.0-or-later
 * entry_table.h: the state of each catalogue entry in portvakt-revocation, a
 * hash table by entryUUID.  A slot has 48 bytes; a table of 100,000 entries has
 * 12 MiB. */
#ifndef IDP_REVOCATION_ENTRY_TABLE_H
#define IDP_REVOCATION_ENTRY_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct entry_slot {
	unsigned char uuid[16]; /* entryUUID */
	unsigned char id[16];   /* portvaktId */
	int64_t valid_until;    /* portvaktUntil, Unix time; 0: none */
	/* Of a person's former ids or of an affiliation's person; 0: not read
	 * yet. */
	uint32_t correlation_digest;
	bool in_use;     /* false: an empty slot */
	bool is_person;  /* false: an affiliation */
	bool is_revoked; /* as last recorded in Redis */
	bool seen;       /* named in the current refresh */
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

#endif

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * entry_table.h: the state that the revocation process keeps per catalogue
 * entry: 48 bytes, so that 100,000 entries need a few MiB. */
#ifndef IDP_REVOCATION_ENTRY_TABLE_H
#define IDP_REVOCATION_ENTRY_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct entry_slot {
	unsigned char uuid[16]; /* entryUUID */
	unsigned char id[16];   /* portvaktId */
	int64_t valid_until;    /* portvaktUntil in seconds since 1970; 0: none
	                         */
	uint32_t correlation_digest; /* digest of former ids or parent DN; 0:
	                 not read yet */
	bool in_use;                 /* this slot is used */
	bool is_person;              /* false: an affiliation */
	bool is_revoked;             /* as last recorded in Redis */
	bool seen;                   /* in the current refresh */
};

struct entry_table {
	struct entry_slot *slots;
	size_t capacity, count;
};

/* Parses 36 characters (RFC 4122 3); returns false for any other string. */
bool entry_uuid_parse(const char *text, unsigned char ret_bytes[16]);
/* The reverse; writes 37 bytes with the NUL. */
void entry_uuid_format(const unsigned char bytes[16], char ret_text[37]);

/* Returns the entry's slot, a new zeroed one if there is none; valid until the
 * next call. */
struct entry_slot *entry_table_insert(struct entry_table *t,
                                      const unsigned char uuid[16]);
/* Returns NULL if the entry is unknown. */
struct entry_slot *entry_table_find(struct entry_table *t,
                                    const unsigned char uuid[16]);

#endif

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * entry_table.h: the state that the revocation process keeps per catalogue
 * entry: 48 bytes, so that 100,000 entries need a few MiB. */
#ifndef IDP_WATCH_KNOWN_H
#define IDP_WATCH_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct known {
	unsigned char uuid[16]; /* entryUUID */
	unsigned char id[16];   /* portvaktId */
	int64_t until;          /* portvaktUntil in seconds since 1970; 0: none
	                         */
	uint32_t tie;           /* digest of former ids or parent DN; 0: not
	                           read yet */
	bool taken;             /* this slot is used */
	bool is_person;         /* false: an affiliation */
	bool ended;             /* as last recorded in Redis */
	bool seen;              /* in the current refresh */
};

struct known_table {
	struct known *at;
	size_t room, count;
};

/* Parses 36 characters (RFC 4122 3); returns false for any other string. */
bool known_from_text(const char *text, unsigned char ret_bytes[16]);
/* The reverse; writes 37 bytes with the NUL. */
void known_to_text(const unsigned char bytes[16], char ret_text[37]);

/* Returns the entry's slot, a new zeroed one if there is none; valid until the
 * next call. */
struct known *known_place(struct known_table *t, const unsigned char uuid[16]);
/* Returns NULL if the entry is unknown. */
struct known *known_find(struct known_table *t, const unsigned char uuid[16]);

#endif

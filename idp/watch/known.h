/* SPDX-License-Identifier: AGPL-3.0-or-later
 * known.h: what watch remembers of each entry of the catalogue: forty-eight
 * bytes, so that a region of a hundred thousand fits in a few MiB. */
#ifndef IDP_WATCH_KNOWN_H
#define IDP_WATCH_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct known {
	unsigned char uuid[16]; /* the entry's entryUUID */
	unsigned char id[16];   /* its portvaktId */
	int64_t until;          /* 0: not said */
	uint32_t tie;           /* whom it is joined to; 0: not known yet */
	bool taken;             /* the place in the table is in use */
	bool is_person;         /* otherwise an affiliation */
	bool ended;             /* as last noted in Redis */
	bool seen;              /* in the refresh under way */
};

struct known_table {
	struct known *at;
	size_t room, count;
};

/* 36 characters to 16 bytes; false for anything else. */
bool known_from_text(const char *text, unsigned char ret_bytes[16]);
/* And back: 37 bytes with the NUL. */
void known_to_text(const unsigned char bytes[16], char ret_text[37]);

/* The entry's place, a new and zeroed one where there is none yet; good until
 * the next call. */
struct known *known_place(struct known_table *t, const unsigned char uuid[16]);
/* NULL where it is not known. */
struct known *known_find(struct known_table *t, const unsigned char uuid[16]);

#endif

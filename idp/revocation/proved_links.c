/* SPDX-License-Identifier: AGPL-3.0-or-later
 * proved_links.c: a person who proves a link must not lose the session by it,
 * so a link that is added is distinguished from one that is missing. */
#include "idp/revocation/proved_links.h"

#include <string.h>

#include "lib/hash.h"

/* The bits of the slot. */
enum { LINK_DIGEST_MASK = 0xfffff, LINK_COUNT_MAX = 63 };

static unsigned proved_link_digest(const char *value)
{
	unsigned char hash[HASH_SHA256_SIZE];
	uint32_t first_bytes;

	hash_sha256(value, strlen(value), hash);
	memcpy(&first_bytes, hash, sizeof(first_bytes));
	return first_bytes & LINK_DIGEST_MASK;
}

/* XOR: the order of values does not matter, and a value can be taken out. */
static unsigned proved_links_digest(const struct directory_attribute *links)
{
	unsigned digest = 0;

	for (size_t i = 0; links && i < links->count; i++)
		digest ^= proved_link_digest(links->values[i].bytes);
	return digest;
}

/* Returns whether the links known before are the present ones without one. */
static bool proved_links_one_added(const struct entry_slot *before,
                                   const struct directory_attribute *links,
                                   unsigned digest)
{
	if (!links || links->count != before->link_count + 1U)
		return false;
	for (size_t i = 0; i < links->count; i++)
		if ((digest ^ proved_link_digest(links->values[i].bytes)) ==
		    before->link_digest)
			return true;
	return false;
}

bool proved_links_update(struct entry_slot *slot,
                         const struct directory_entry *e)
{
	const struct directory_attribute *links =
	    directory_entry_attribute(e, "portvaktProvedLink");
	size_t count = links ? links->count : 0;
	unsigned digest = proved_links_digest(links);
	bool missing =
	    slot->link_count > 0 &&
	    !(count == slot->link_count && digest == slot->link_digest) &&
	    !proved_links_one_added(slot, links, digest);

	slot->link_count = (unsigned)(count & LINK_COUNT_MAX);
	slot->link_digest = digest & LINK_DIGEST_MASK;
	return missing;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * source_identity.c: what identifies a source directory, independent of its
 * name and address: nsUniqueId (389-DS), objectSid or objectGUID (Active
 * Directory), or entryUUID (RFC 4530) of its base entry. */
#include "lib/hash.h"
#include "lib/text.h"
#include "sync/reader/reader.h"

static const char *const names[] = { "nsUniqueId", "objectSid", "objectGUID",
	                             "entryUUID", NULL };

struct base {
	struct arena *arena;
	char *identity;
};

static bool on_base(void *with, const struct directory_entry *e,
                    struct fault *why)
{
	struct base *b = with;

	(void)why;
	for (const char *const *name = names; *name && !b->identity; name++) {
		const struct directory_attribute *t = entry_attribute(e, *name);

		if (t && t->count > 0)
			b->identity = hash_hex(b->arena, t->values[0].bytes,
			                       t->values[0].length);
	}
	return true;
}

void identity_read(struct talk *t, struct directory *d)
{
	struct base b = { .arena = t->kept };
	struct fault why = { 0 };

	/* An entry that may not be read yields no identity; a lost connection
	 * shows in the next request. */
	(void)!directory_each(d, t->directory->base, SCOPE_BASE,
	                      "(objectClass=*)", names, on_base, &b, &why);
	t->identity = b.identity;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * identity.c: by what a directory's base is known from that of every other,
 * whatever it is called and wherever it answers: 389-DS's nsUniqueId, the SID
 * of an Active Directory domain, entryUUID (RFC 4530). */
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

	/* Whoever does not let it be seen says nothing by it; a connection
	 * that is gone shows in what is asked next. */
	(void)!directory_each(d, t->directory->base, SCOPE_BASE,
	                      "(objectClass=*)", names, on_base, &b, &why);
	t->identity = b.identity;
}

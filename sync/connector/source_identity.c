/* SPDX-License-Identifier: AGPL-3.0-or-later
 * source_identity.c: identifies a source directory independently of its name
 * and address, by the permanent id of its base entry: nsUniqueId (389-DS),
 * objectSid or objectGUID (Active Directory), or entryUUID (RFC 4530). */
#include "sync/connector/source_identity.h"

#include "lib/hash.h"
#include "lib/strbuf.h"
#include "sync/connector/source_session.h"

static const char *const identity_attributes[] = { "nsUniqueId", "objectSid",
	                                           "objectGUID", "entryUUID",
	                                           NULL };

struct identity_result {
	struct arena *arena;
	char *identity;
};

static bool source_identity_on_base(void *data, const struct directory_entry *e,
                                    struct error *err)
{
	struct identity_result *b = data;

	(void)err;
	for (const char *const *name = identity_attributes;
	     *name && !b->identity; name++) {
		const struct directory_attribute *t =
		    directory_entry_attribute(e, *name);

		if (t && t->count > 0)
			b->identity = hash_sha256_hex(
			    b->arena, t->values[0].bytes, t->values[0].length);
	}
	return true;
}

void source_identity_read(struct source_session *s, struct directory *d)
{
	struct identity_result b = { .arena = s->arena };
	struct error err = { 0 };

	/* The error is ignored: a base entry that cannot be read gives no
	 * identity, and after a lost connection the next request fails too. */
	(void)!directory_search_each(d, s->directory->base, SCOPE_BASE,
	                             "(objectClass=*)", identity_attributes,
	                             source_identity_on_base, &b, &err);
	s->identity = b.identity;
}

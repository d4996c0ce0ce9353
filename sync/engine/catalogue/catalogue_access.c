/* SPDX-License-Identifier: AGPL-3.0-or-later
 * catalogue_access.c: the connection to the catalogue, and the present state of
 * one entry. */
#include "sync/engine/catalogue/catalogue_access.h"

#include "sync/engine/catalogue/entry_json.h"

struct catalogue_writer *catalogue_writer;

static bool current_entry_store(void *data, const struct directory_entry *e,
                                struct error *err)
{
	struct current_entry *k = data;

	(void)err;
	k->attrs = entry_json_from_ldap(k->arena, e, k->names);
	k->csn = arena_strdup(k->arena, directory_entry_text(e, "entryCSN"));
	return true;
}

bool current_entry_read(const struct config *cfg, struct current_entry *k,
                        const char *dn, struct error *err)
{
	static const char *const all[] = { "*", "entryCSN", NULL };

	k->attrs = NULL;
	k->csn = NULL;
	return catalogue_for_each(catalogue_writer, cfg, dn, SCOPE_BASE,
	                          "(objectClass=*)", all, current_entry_store,
	                          k, err);
}

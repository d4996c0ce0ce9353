/* SPDX-License-Identifier: AGPL-3.0-or-later
 * login_name_registry.c: the person each login name was issued to.  At Feide a
 * name is never reassigned to another person (eduPersonPrincipalName,
 * eduPerson), however long ago the first one left.  So the name is reserved
 * before it is published, and no reservation is ever deleted. */
#include "sync/engine/feide/login_name_registry.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/strbuf.h"
#include "sync/engine/catalogue/catalogue_access.h"
#include "sync/engine/catalogue/derived_entry.h"
#include "sync/engine/catalogue/entry_json.h"
#include "sync/engine/feide/feide_entry.h"

static const char *const reservation_classes[] = { "portvaktDecision", NULL };
static const char *const reservation_attributes[] = { "cn",
	                                              "portvaktDecides",
	                                              "portvaktBy",
	                                              "portvaktSubject",
	                                              "portvaktMunicipality",
	                                              "portvaktHash",
	                                              "portvaktVersion",
	                                              NULL };

struct reservation_lookup {
	struct arena *arena;
	json_t *entry; /* NULL: never issued */
};

static bool reservation_on_entry(void *data, const struct directory_entry *e,
                                 struct error *err)
{
	struct reservation_lookup *lookup = data;

	(void)err;
	lookup->entry =
	    entry_json_from_ldap(lookup->arena, e, reservation_attributes);
	return true;
}

static bool is_former_id(const struct feide_person *p, const char *id)
{
	for (size_t i = 0; i < json_array_size(p->former_ids); i++)
		if (text_equal(
			json_string_value(json_array_get(p->former_ids, i)),
			id))
			return true;
	return false;
}

/* The same person: by id, by the id of a person merged into it, or, after
 * deletion and return, by the hash of the join value. */
static bool reservation_is_of_person(const struct feide_person *p,
                                     const json_t *entry)
{
	const char *id = entry_json_value(entry, "portvaktSubject");
	const char *hash = entry_json_value(entry, "portvaktHash");

	return text_equal(id, p->person) || (id && is_former_id(p, id)) ||
	       (hash && text_equal(hash, p->join_hash));
}

bool login_name_reserve(const struct config *cfg, struct arena *a,
                        const struct feide_person *p, bool *ret_taken,
                        struct error *err)
{
	struct reservation_lookup lookup = { .arena = a };
	json_t *entry = js_own(a, json_object());
	char *name = arena_printf(a, "%s:%s", p->municipality->name, p->uid);
	const struct derived_entry d = {
		arena_printf(a, "cn=%s,ou=issued,ou=decisions,%s",
		             escape_string(a, escape_dn, name),
		             cfg->catalogue.base),
		reservation_classes, reservation_attributes, entry
	};

	if (!catalogue_for_each(catalogue_writer, cfg, d.dn, SCOPE_BASE,
	                        "(objectClass=*)", reservation_attributes,
	                        reservation_on_entry, &lookup, err))
		return false;
	*ret_taken = lookup.entry && !reservation_is_of_person(p, lookup.entry);
	if (lookup.entry)
		return true;
	entry_json_set(entry, "cn", name);
	entry_json_set(entry, "portvaktDecides", "login-name");
	entry_json_set(entry, "portvaktBy", "portvakt-sync");
	entry_json_set(entry, "portvaktSubject", p->person);
	entry_json_set(entry, "portvaktMunicipality", p->municipality->name);
	entry_json_set(entry, "portvaktFrom",
	               clock_format_generalized_time(a, clock_now()));
	entry_json_set(entry, "portvaktHash", p->join_hash);
	entry_json_set(entry, "portvaktVersion", "1");
	return derived_entry_converge(cfg, a, &d, err);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * login_name_registry.c: the person each login name was issued to.  At Feide a
 * name is never reassigned to another person (eduPersonPrincipalName,
 * eduPerson), however long ago the first one left.  So the name is reserved
 * before it is published, and no reservation is ever deleted. */
#include <string.h>

#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/text.h"
#include "sync/writer/apply.h"
#include "sync/writer/feide.h"

static const char *const classes[] = { "portvaktDecision", NULL };
static const char *const names[] = { "cn",
	                             "portvaktDecides",
	                             "portvaktBy",
	                             "portvaktSubject",
	                             "portvaktMunicipality",
	                             "portvaktHash",
	                             "portvaktVersion",
	                             NULL };

struct looking {
	struct arena *arena;
	json_t *form; /* NULL: never issued */
};

static bool keep_form(void *with, const struct directory_entry *e,
                      struct fault *why)
{
	struct looking *k = with;

	(void)why;
	k->form = form_of_entry(k->arena, e, names);
	return true;
}

static bool is_former(const struct feide_person *p, const char *id)
{
	for (size_t i = 0; i < json_array_size(p->former); i++)
		if (text_equal(json_string_value(json_array_get(p->former, i)),
		               id))
			return true;
	return false;
}

/* The same person: by id, by the id of a person merged into it, or, after
 * deletion and return, by the hash of the join value. */
static bool is_theirs(const struct feide_person *p, const json_t *form)
{
	const char *id = form_text(form, "portvaktSubject");
	const char *hash = form_text(form, "portvaktHash");

	return text_equal(id, p->person) || (id && is_former(p, id)) ||
	       (hash && text_equal(hash, p->joins));
}

bool feide_enter(const struct region *r, struct arena *a,
                 const struct feide_person *p, bool *ret_taken,
                 struct fault *why)
{
	struct looking k = { .arena = a };
	json_t *form = js_keep(a, json_object());
	char *name = arena_print(a, "%s:%s", p->municipality->name, p->uid);
	const struct derived d = {
		arena_print(a, "cn=%s,ou=issued,ou=decisions,%s",
		            escaped(a, escape_dn, name), r->catalogue.base),
		classes, names, form
	};

	if (!catalogue_each(catalogue_writer, r, d.dn, SCOPE_BASE,
	                    "(objectClass=*)", names, keep_form, &k, why))
		return false;
	*ret_taken = k.form && !is_theirs(p, k.form);
	if (k.form)
		return true;
	form_set(form, "cn", name);
	form_set(form, "portvaktDecides", "login-name");
	form_set(form, "portvaktBy", "portvakt-sync");
	form_set(form, "portvaktSubject", p->person);
	form_set(form, "portvaktMunicipality", p->municipality->name);
	form_set(form, "portvaktFrom", clock_ldap(a, clock_now()));
	form_set(form, "portvaktHash", p->joins);
	form_set(form, "portvaktVersion", "1");
	return derived_bring(r, a, &d, why);
}

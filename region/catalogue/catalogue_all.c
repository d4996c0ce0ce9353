/* SPDX-License-Identifier: AGPL-3.0-or-later
 * catalogue_all.c: reads all active affiliations in one search, with what rules
 * depend on and no names. */
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cleanup.h"
#include "lib/strbuf.h"
#include "region/catalogue/catalogue_private.h"
#include "region/ldap/dn.h"

DEFINE_CLEANUP(close_arena, struct arena *, arena_close)

enum { WHOLE_CATALOGUE_MS = 60 * 1000 };

static const char *const rule_attributes[] = { "portvaktId",
	                                       "portvaktMunicipality",
	                                       "portvaktKind",
	                                       "portvaktUnit",
	                                       "portvaktRole",
	                                       "portvaktPosition",
	                                       "portvaktFrom",
	                                       "portvaktUntil",
	                                       "portvaktStatus",
	                                       "portvaktLogin",
	                                       NULL };
static const char *const person_state[] = { "portvaktStatus",
	                                    "portvaktProtected", NULL };

struct whole_read {
	struct catalogue *catalogue;
	const struct config *cfg;
	struct arena *arena;
	void *inactive, *hidden; /* DNs of people who are not active, and of
	                            protected ones, tsearch(3) */
	void (*each)(void *data, const struct affiliation *f);
	void *data;
};

static int dn_compare(const void *x, const void *y)
{
	return strcmp(x, y);
}

static void dn_keep(void *unused)
{
	(void)unused; /* it belongs to the arena */
}

static bool whole_add_person(void *data, const struct directory_entry *e,
                             struct error *err)
{
	struct whole_read *w = data;
	bool active =
	    text_equal(directory_entry_text(e, "portvaktStatus"), "active");

	(void)err;
	if (!tsearch(dn_normalize(w->arena, e->dn),
	             active ? &w->hidden : &w->inactive, dn_compare))
		abort();
	return true;
}

static bool whole_add_affiliation(void *data, const struct directory_entry *e,
                                  struct error *err)
{
	struct whole_read *w = data;
	const char *comma = strchr(e->dn, ',');
	own(close_arena) struct arena *a = arena_open();
	const char *person = comma ? dn_normalize(a, comma + 1) : NULL;

	(void)err;
	if (!person || tfind(person, &w->inactive, dn_compare))
		return true;
	struct affiliation f = catalogue_entry_to_affiliation(a, e);

	if (f.id && f.municipality && f.kind != KIND_NONE) {
		catalogue_add_cached_grants(w->catalogue, a, &f);
		if (tfind(person, &w->hidden, dn_compare))
			f.login = NULL;
		w->each(w->data, &f);
	}
	return true;
}

static bool whole_search(struct directory *d, void *data, struct error *err)
{
	struct whole_read *w = data;
	const char *base = catalogue_people_base(w->arena, w->cfg);

	directory_set_deadline(d, WHOLE_CATALOGUE_MS);
	return directory_search_each(d, base, SCOPE_SUBTREE,
	                             "(&(objectClass=portvaktPerson)"
	                             "(|(!(portvaktStatus=active))"
	                             "(portvaktProtected=*)))",
	                             person_state, whole_add_person, w, err) &&
	       directory_search_each(d, base, SCOPE_SUBTREE,
	                             "(&(objectClass=portvaktAffiliation)"
	                             "(portvaktStatus=active))",
	                             rule_attributes, whole_add_affiliation, w,
	                             err);
}

bool catalogue_each_affiliation(struct catalogue *c, const struct config *cfg,
                                void (*each)(void *data,
                                             const struct affiliation *f),
                                void *data, struct error *err)
{
	struct arena *a = arena_open();
	struct whole_read w = { .catalogue = c,
		                .cfg = cfg,
		                .arena = a,
		                .each = each,
		                .data = data };
	bool done = catalogue_load_grants(c, cfg, err) &&
	            catalogue_use(c, cfg, a, whole_search, &w, err);

	tdestroy(w.inactive, dn_keep);
	tdestroy(w.hidden, dn_keep);
	arena_close(a);
	return done;
}

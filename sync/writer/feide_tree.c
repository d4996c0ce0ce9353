/* SPDX-License-Identifier: AGPL-3.0-or-later
 * feide_tree.c: the entries of Feide's trees other than people: the school
 * owner and its schools, from the configuration; and the schools as bodies of
 * the catalogue. */
#include <string.h>

#include "lib/list.h"
#include "lib/text.h"
#include "sync/writer/apply.h"
#include "sync/writer/feide.h"

/* ---- the organisation */

static bool bring_org(const struct region *r, struct arena *a,
                      const struct municipality *m, struct fault *why)
{
	static const char *const classes[] = { "organization", "eduOrg",
		                               "norEduOrg", NULL };
	static const char *const names[] = { "o",
		                             "eduOrgLegalName",
		                             "norEduOrgNIN",
		                             "norEduOrgSchemaVersion",
		                             "mail",
		                             NULL };
	json_t *form = js_keep(a, json_object());
	const struct derived d = { feide_org_dn(a, r, m->name), classes, names,
		                   form };

	form_set(form, "o", m->name);
	form_set(form, "eduOrgLegalName", m->feide->legal_name);
	form_set(form, "norEduOrgNIN", arena_print(a, "NO%s", m->number));
	form_set(form, "norEduOrgSchemaVersion", "2.0");
	form_set(form, "mail", m->feide->mail);
	return derived_bring(r, a, &d, why);
}

static bool bring_container(const struct region *r, struct arena *a,
                            const struct municipality *m, const char *name,
                            struct fault *why)
{
	static const char *const classes[] = { "organizationalUnit", NULL };
	static const char *const names[] = { "ou", NULL };
	json_t *form = js_keep(a, json_object());
	const struct derived d = { arena_print(a, "ou=%s,%s", name,
		                               feide_org_dn(a, r, m->name)),
		                   classes, names, form };

	form_set(form, "ou", name);
	return derived_bring(r, a, &d, why);
}

static bool bring_unit(const struct region *r, struct arena *a,
                       const struct municipality *m, const struct school *s,
                       struct fault *why)
{
	static const char *const classes[] = { "organizationalUnit",
		                               "norEduOrgUnit", NULL };
	static const char *const names[] = { "ou", "cn", "mail",
		                             "norEduOrgUnitUniqueIdentifier",
		                             NULL };
	json_t *form = js_keep(a, json_object());
	const struct derived d = { feide_unit_dn(a, r, m->name, s->number),
		                   classes, names, form };

	form_set(form, "ou", s->display);
	form_set(form, "cn", s->display);
	form_set(form, "mail", s->mail);
	form_set(form, "norEduOrgUnitUniqueIdentifier",
	         arena_print(a, "NO%s", s->number));
	return derived_bring(r, a, &d, why);
}

static char *body_id(struct arena *a, const struct municipality *m,
                     const struct school *s)
{
	return arena_print(a, "%s.%s", m->name, s->code);
}

static char *body_dn(struct arena *a, const struct region *r, const char *id)
{
	return arena_print(a, "portvaktId=%s,ou=municipalities,%s", id,
	                   r->catalogue.base);
}

/* A school as a body of the catalogue, so that its name can be shown. */
static bool bring_body(const struct region *r, struct arena *a,
                       const struct municipality *m, const struct school *s,
                       struct fault *why)
{
	static const char *const classes[] = { "portvaktBody", "norEduOrgUnit",
		                               NULL };
	static const char *const names[] = { "portvaktId",
		                             "portvaktCode",
		                             "portvaktMunicipality",
		                             "portvaktParent",
		                             "portvaktVersion",
		                             "displayName",
		                             "cn",
		                             "mail",
		                             "norEduOrgUnitUniqueIdentifier",
		                             NULL };
	json_t *form = js_keep(a, json_object());
	char *id = body_id(a, m, s);
	const struct derived d = { body_dn(a, r, id), classes, names, form };

	form_set(form, "portvaktId", id);
	form_set(form, "portvaktCode", s->code);
	form_set(form, "portvaktMunicipality", m->name);
	form_set(form, "portvaktParent", m->name);
	form_set(form, "portvaktVersion", "1");
	form_set(form, "displayName", s->display);
	form_set(form, "cn", s->display);
	form_set(form, "mail", s->mail);
	form_set(form, "norEduOrgUnitUniqueIdentifier",
	         arena_print(a, "NO%s", s->number));
	return derived_bring(r, a, &d, why);
}

static bool bring_tree(const struct region *r, struct arena *a,
                       const struct municipality *m, struct fault *why)
{
	bool good = bring_org(r, a, m, why) &&
	            bring_container(r, a, m, "units", why) &&
	            bring_container(r, a, m, "people", why);

	for (size_t i = 0; i < m->feide->school_count && good; i++)
		good = bring_unit(r, a, m, &m->feide->schools[i], why) &&
		       bring_body(r, a, m, &m->feide->schools[i], why);
	return good;
}

/* ---- entries no longer configured */

struct finding {
	struct arena *arena;
	LIST(const char *)
	dns; /* as slapd returns them: parents before
	        children */
};

static bool find_entry(void *with, const struct directory_entry *e,
                       struct fault *why)
{
	struct finding *k = with;

	(void)why;
	*list_add(k->arena, &k->dns) = dn_normal(k->arena, e->dn);
	return true;
}

static bool find_entries(const struct region *r, struct finding *k,
                         const char *base, enum directory_scope scope,
                         const char *filter, struct fault *why)
{
	static const char *const none[] = { "1.1", NULL };

	return catalogue_each(catalogue_writer, r, base, scope, filter, none,
	                      find_entry, k, why);
}

/* DNs of the configuration, normalised. */
struct wanted {
	struct arena *arena;
	LIST(const char *) dns;
};

static void want(struct wanted *w, const char *dn)
{
	*list_add(w->arena, &w->dns) = dn_normal(w->arena, dn);
}

static bool is_wanted(const struct wanted *w, const char *dn)
{
	for (size_t i = 0; i < w->dns.count; i++)
		if (text_equal(w->dns.at[i], dn))
			return true;
	return false;
}

static void want_all(struct wanted *w, const struct region *r)
{
	struct arena *a = w->arena;

	for (size_t i = 0; i < r->municipality_count; i++) {
		const struct municipality *m = &r->municipalities[i];

		if (m->feide)
			want(w, feide_org_dn(a, r, m->name));
		for (size_t s = 0; m->feide && s < m->feide->school_count;
		     s++) {
			const struct school *one = &m->feide->schools[s];

			want(w, feide_unit_dn(a, r, m->name, one->number));
			want(w, body_dn(a, r, body_id(a, m, one)));
		}
	}
}

static bool remove_unwanted(const struct region *r, const struct wanted *w,
                            const char *base, const char *filter,
                            struct fault *why)
{
	struct arena *a = w->arena;
	struct finding k = { .arena = a };
	bool good = find_entries(
	    r, &k, arena_print(a, "%s,%s", base, r->catalogue.base),
	    SCOPE_SUBTREE, filter, why);

	for (size_t i = 0; i < k.dns.count && good; i++)
		if (!is_wanted(w, k.dns.at[i]))
			good = derived_remove(r, a, k.dns.at[i], why);
	return good;
}

/* Removes the tree of a municipality without schools. */
static bool remove_tree(const struct region *r, struct arena *a, const char *dn,
                        struct fault *why)
{
	struct finding k = { .arena = a };
	bool good =
	    find_entries(r, &k, dn, SCOPE_SUBTREE, "(objectClass=*)", why);

	for (size_t i = k.dns.count; i > 0 && good; i--)
		good = derived_remove(r, a, k.dns.at[i - 1], why);
	return good;
}

static bool remove_old(const struct region *r, struct arena *a,
                       struct fault *why)
{
	struct wanted w = { .arena = a };
	struct finding trees = { .arena = a };

	want_all(&w, r);
	bool good = find_entries(
	    r, &trees, arena_print(a, "ou=feide,%s", r->catalogue.base),
	    SCOPE_ONE, "(objectClass=*)", why);
	for (size_t i = 0; i < trees.dns.count && good; i++)
		if (!is_wanted(&w, trees.dns.at[i]))
			good = remove_tree(r, a, trees.dns.at[i], why);
	return good &&
	       remove_unwanted(r, &w, "ou=feide", "(objectClass=norEduOrgUnit)",
	                       why) &&
	       remove_unwanted(r, &w, "ou=municipalities",
	                       "(objectClass=norEduOrgUnit)", why);
}

bool feide_trees(const struct region *r, struct fault *why)
{
	struct arena *a = arena_open();
	bool good = remove_old(r, a, why);
	bool any = false;

	for (size_t i = 0; i < r->municipality_count && good; i++) {
		const struct municipality *m = &r->municipalities[i];

		any |= m->feide != NULL;
		if (m->feide)
			good = bring_tree(r, a, m, why);
	}
	if (good)
		feide_use(any);
	arena_close(a);
	return good;
}

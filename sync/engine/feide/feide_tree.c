/* SPDX-License-Identifier: AGPL-3.0-or-later
 * feide_tree.c: the entries of Feide's trees other than people: the school
 * owner and its schools, from the configuration; and the schools as bodies of
 * the catalogue. */
#include "sync/engine/feide/feide.h"

#include <string.h>

#include "lib/strbuf.h"
#include "lib/vector.h"
#include "region/ldap/dn.h"
#include "sync/engine/catalogue/catalogue_access.h"
#include "sync/engine/catalogue/derived_entry.h"
#include "sync/engine/catalogue/entry_json.h"
#include "sync/engine/feide/feide_entry.h"
#include "sync/engine/state/feide_mark.h"

/* ---- the organisation */

static bool feide_apply_org(const struct config *cfg, struct arena *a,
                            const struct municipality *m, struct error *err)
{
	static const char *const classes[] = { "organization", "eduOrg",
		                               "norEduOrg", NULL };
	static const char *const names[] = { "o",
		                             "eduOrgLegalName",
		                             "norEduOrgNIN",
		                             "norEduOrgSchemaVersion",
		                             "mail",
		                             NULL };
	json_t *entry = js_own(a, json_object());
	const struct derived_entry d = { feide_org_dn(a, cfg, m->name), classes,
		                         names, entry };

	entry_json_set(entry, "o", m->name);
	entry_json_set(entry, "eduOrgLegalName", m->feide->legal_name);
	entry_json_set(entry, "norEduOrgNIN",
	               arena_printf(a, "NO%s", m->organisation_number));
	entry_json_set(entry, "norEduOrgSchemaVersion", "2.0");
	entry_json_set(entry, "mail", m->feide->mail);
	return derived_entry_converge(cfg, a, &d, err);
}

static bool feide_apply_container(const struct config *cfg, struct arena *a,
                                  const struct municipality *m,
                                  const char *name, struct error *err)
{
	static const char *const classes[] = { "organizationalUnit", NULL };
	static const char *const names[] = { "ou", NULL };
	json_t *entry = js_own(a, json_object());
	const struct derived_entry d = { arena_printf(
					     a, "ou=%s,%s", name,
					     feide_org_dn(a, cfg, m->name)),
		                         classes, names, entry };

	entry_json_set(entry, "ou", name);
	return derived_entry_converge(cfg, a, &d, err);
}

static bool feide_apply_unit(const struct config *cfg, struct arena *a,
                             const struct municipality *m,
                             const struct school *s, struct error *err)
{
	static const char *const classes[] = { "organizationalUnit",
		                               "norEduOrgUnit", NULL };
	static const char *const names[] = { "ou", "cn", "mail",
		                             "norEduOrgUnitUniqueIdentifier",
		                             NULL };
	json_t *entry = js_own(a, json_object());
	const struct derived_entry d = { feide_unit_dn(a, cfg, m->name,
		                                       s->organisation_number),
		                         classes, names, entry };

	entry_json_set(entry, "ou", s->display);
	entry_json_set(entry, "cn", s->display);
	entry_json_set(entry, "mail", s->mail);
	entry_json_set(entry, "norEduOrgUnitUniqueIdentifier",
	               arena_printf(a, "NO%s", s->organisation_number));
	return derived_entry_converge(cfg, a, &d, err);
}

static char *school_body_id(struct arena *a, const struct municipality *m,
                            const struct school *s)
{
	return arena_printf(a, "%s.%s", m->name, s->code);
}

static char *school_body_dn(struct arena *a, const struct config *cfg,
                            const char *id)
{
	return arena_printf(a, "portvaktId=%s,ou=municipalities,%s", id,
	                    cfg->catalogue.base);
}

/* A school as a body of the catalogue, so that its name can be shown. */
static bool feide_apply_school_body(const struct config *cfg, struct arena *a,
                                    const struct municipality *m,
                                    const struct school *s, struct error *err)
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
	json_t *entry = js_own(a, json_object());
	char *id = school_body_id(a, m, s);
	const struct derived_entry d = { school_body_dn(a, cfg, id), classes,
		                         names, entry };

	entry_json_set(entry, "portvaktId", id);
	entry_json_set(entry, "portvaktCode", s->code);
	entry_json_set(entry, "portvaktMunicipality", m->name);
	entry_json_set(entry, "portvaktParent", m->name);
	entry_json_set(entry, "portvaktVersion", "1");
	entry_json_set(entry, "displayName", s->display);
	entry_json_set(entry, "cn", s->display);
	entry_json_set(entry, "mail", s->mail);
	entry_json_set(entry, "norEduOrgUnitUniqueIdentifier",
	               arena_printf(a, "NO%s", s->organisation_number));
	return derived_entry_converge(cfg, a, &d, err);
}

static bool feide_apply_tree(const struct config *cfg, struct arena *a,
                             const struct municipality *m, struct error *err)
{
	bool good = feide_apply_org(cfg, a, m, err) &&
	            feide_apply_container(cfg, a, m, "units", err) &&
	            feide_apply_container(cfg, a, m, "people", err);

	for (size_t i = 0; i < m->feide->school_count && good; i++)
		good =
		    feide_apply_unit(cfg, a, m, &m->feide->schools[i], err) &&
		    feide_apply_school_body(cfg, a, m, &m->feide->schools[i],
		                            err);
	return good;
}

/* ---- entries no longer configured */

struct dn_list {
	struct arena *arena;
	VECTOR(const char *)
	dns; /* as slapd returns them: parents before
	        children */
};

static bool dn_list_add_entry(void *data, const struct directory_entry *e,
                              struct error *err)
{
	struct dn_list *list = data;

	(void)err;
	*vector_append(list->arena, &list->dns) =
	    dn_normalize(list->arena, e->dn);
	return true;
}

static bool dn_list_search(const struct config *cfg, struct dn_list *list,
                           const char *base, enum directory_scope scope,
                           const char *filter, struct error *err)
{
	static const char *const no_attributes[] = { "1.1", NULL };

	return catalogue_for_each(catalogue_writer, cfg, base, scope, filter,
	                          no_attributes, dn_list_add_entry, list, err);
}

/* DNs of the configuration, normalised. */
struct configured_dns {
	struct arena *arena;
	VECTOR(const char *) dns;
};

static void configured_dns_add(struct configured_dns *w, const char *dn)
{
	*vector_append(w->arena, &w->dns) = dn_normalize(w->arena, dn);
}

static bool configured_dns_contain(const struct configured_dns *w,
                                   const char *dn)
{
	for (size_t i = 0; i < w->dns.count; i++)
		if (text_equal(w->dns.at[i], dn))
			return true;
	return false;
}

static void configured_dns_build(struct configured_dns *w,
                                 const struct config *cfg)
{
	struct arena *a = w->arena;

	for (size_t i = 0; i < cfg->municipality_count; i++) {
		const struct municipality *m = &cfg->municipalities[i];

		if (m->feide)
			configured_dns_add(w, feide_org_dn(a, cfg, m->name));
		for (size_t s = 0; m->feide && s < m->feide->school_count;
		     s++) {
			const struct school *one = &m->feide->schools[s];

			configured_dns_add(
			    w, feide_unit_dn(a, cfg, m->name,
			                     one->organisation_number));
			configured_dns_add(
			    w,
			    school_body_dn(a, cfg, school_body_id(a, m, one)));
		}
	}
}

static bool feide_remove_unconfigured(const struct config *cfg,
                                      const struct configured_dns *w,
                                      const char *base, const char *filter,
                                      struct error *err)
{
	struct arena *a = w->arena;
	struct dn_list list = { .arena = a };
	bool good = dn_list_search(
	    cfg, &list, arena_printf(a, "%s,%s", base, cfg->catalogue.base),
	    SCOPE_SUBTREE, filter, err);

	for (size_t i = 0; i < list.dns.count && good; i++)
		if (!configured_dns_contain(w, list.dns.at[i]))
			good =
			    derived_entry_remove(cfg, a, list.dns.at[i], err);
	return good;
}

/* Removes the tree of a municipality without schools. */
static bool feide_remove_tree(const struct config *cfg, struct arena *a,
                              const char *dn, struct error *err)
{
	struct dn_list list = { .arena = a };
	bool good = dn_list_search(cfg, &list, dn, SCOPE_SUBTREE,
	                           "(objectClass=*)", err);

	for (size_t i = list.dns.count; i > 0 && good; i--)
		good = derived_entry_remove(cfg, a, list.dns.at[i - 1], err);
	return good;
}

static bool feide_remove_old(const struct config *cfg, struct arena *a,
                             struct error *err)
{
	struct configured_dns w = { .arena = a };
	struct dn_list trees = { .arena = a };

	configured_dns_build(&w, cfg);
	bool good = dn_list_search(
	    cfg, &trees, arena_printf(a, "ou=feide,%s", cfg->catalogue.base),
	    SCOPE_ONE_LEVEL, "(objectClass=*)", err);
	for (size_t i = 0; i < trees.dns.count && good; i++)
		if (!configured_dns_contain(&w, trees.dns.at[i]))
			good = feide_remove_tree(cfg, a, trees.dns.at[i], err);
	return good &&
	       feide_remove_unconfigured(cfg, &w, "ou=feide",
	                                 "(objectClass=norEduOrgUnit)", err) &&
	       feide_remove_unconfigured(cfg, &w, "ou=municipalities",
	                                 "(objectClass=norEduOrgUnit)", err);
}

bool feide_apply_trees(const struct config *cfg, struct error *err)
{
	struct arena *a = arena_open();
	bool good = feide_remove_old(cfg, a, err);
	bool any = false;

	for (size_t i = 0; i < cfg->municipality_count && good; i++) {
		const struct municipality *m = &cfg->municipalities[i];

		any |= m->feide != NULL;
		if (m->feide)
			good = feide_apply_tree(cfg, a, m, err);
	}
	if (good)
		feide_mark_set_enabled(any);
	arena_close(a);
	return good;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * feide_entry.c: builds the entry of one person in Feide's tree from the
 * affiliation, its person and its groups in the catalogue.  It has no password,
 * as binds are forwarded to the source directory, and no national number, which
 * the provisioner never sees. */
#include <string.h>

#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/hash.h"
#include "lib/text.h"
#include "region/kind.h"
#include "sync/writer/feide.h"
#include "sync/writer/state.h"

const char *const feide_person_names[] = {
	"uid",
	"cn",
	"displayName",
	"givenName",
	"sn",
	"mail",
	"preferredLanguage",
	"norEduPersonLegalName",
	"eduPersonPrincipalName",
	"eduPersonOrgDN",
	"eduPersonOrgUnitDN",
	"eduPersonPrimaryOrgUnitDN",
	"eduPersonAffiliation",
	"eduPersonEntitlement",
	"seeAlso",
	NULL,
};

char *feide_org_dn(struct arena *a, const struct region *r, const char *name)
{
	return arena_print(a, "o=%s,ou=feide,%s", name, r->catalogue.base);
}

char *feide_unit_dn(struct arena *a, const struct region *r, const char *name,
                    const char *number)
{
	return arena_print(a, "norEduOrgUnitUniqueIdentifier=NO%s,ou=units,%s",
	                   number, feide_org_dn(a, r, name));
}

char *feide_person_dn(struct arena *a, const struct region *r, const char *name,
                      const char *uid)
{
	return arena_print(a, "uid=%s,ou=people,%s", escaped(a, escape_dn, uid),
	                   feide_org_dn(a, r, name));
}

/* An entry being built. */
struct making {
	struct arena *arena;
	const struct region *region;
	struct feide_person *p;
	const json_t *affiliation, *person; /* their catalogue entries */
	enum kind kind;
	const struct school *home;  /* by the location of the source entry, or
	                               NULL */
	LIST(const char *) schools; /* organisation numbers */
	LIST(const char *) entitlements;
	const char *class_school; /* of the school of a class, or NULL */
};

static json_t *form_in(struct arena *a, const char *text)
{
	json_t *form = NULL;

	if (!text || !js_read(a, text, strlen(text), &form, NULL))
		return NULL;
	return form;
}

/* ---- schools */

static void add_school(struct making *k, const struct school *s)
{
	for (size_t i = 0; s && i < k->schools.count; i++)
		if (text_equal(k->schools.at[i], s->number))
			return;
	if (s)
		*list_add(k->arena, &k->schools) = s->number;
}

/* parent: the id of the school's body, <municipality>.<code>. */
static const struct school *school_of(const struct making *k,
                                      const char *parent)
{
	const struct feide *f = k->p->municipality->feide;
	const char *dot = parent ? strrchr(parent, '.') : NULL;

	for (size_t i = 0; dot && i < f->school_count; i++)
		if (text_equal(f->schools[i].code, dot + 1))
			return &f->schools[i];
	return NULL;
}

/* A unit in the source directory may be a school, by code or name. */
static void add_named_schools(struct making *k)
{
	const struct feide *f = k->p->municipality->feide;
	const json_t *units = js_array(k->affiliation, "portvaktUnit");

	for (size_t i = 0; i < json_array_size(units); i++)
		for (size_t s = 0; s < f->school_count; s++) {
			const char *unit =
			    json_string_value(json_array_get(units, i));

			if (text_equal(unit, f->schools[s].code) ||
			    text_equal(unit, f->schools[s].display))
				add_school(k, &f->schools[s]);
		}
}

/* ---- groups */

/* The date in Oslo; of an end, the last day. */
static char *day_of(struct arena *a, const json_t *form, const char *name,
                    bool end)
{
	const char *text = form_text(form, name);
	int64_t when = 0;

	if (!text || !clock_from_ldap(text, &when))
		return NULL;
	struct tm t = clock_oslo(end ? when - 1 : when);
	return arena_print(a, "%04d-%02d-%02d", t.tm_year + 1900, t.tm_mon + 1,
	                   t.tm_mday);
}

/* Returns the code of a teaching group's subject, or "". */
static const char *subject_of(const json_t *group)
{
	const json_t *codes = js_array(group, "portvaktGrep");

	for (size_t i = 0; i < json_array_size(codes); i++) {
		const char *code = json_string_value(json_array_get(codes, i));

		if (!feide_grep_is_year(code))
			return code;
	}
	return "";
}

static char kind_letter(enum group_kind kind)
{
	static const char letters[] = {
		[GROUP_CLASS] = 'b', [GROUP_TEACHING] = 'u', [GROUP_ROLE] = 'a'
	};

	return (size_t)kind < sizeof(letters) ? letters[kind] : '\0';
}

/* Only pupils have a school year. */
static void add_years(struct making *k, const json_t *group)
{
	const json_t *codes = js_array(group, "portvaktGrep");

	for (size_t i = 0; k->kind == KIND_PUPIL && i < json_array_size(codes);
	     i++) {
		const char *code = json_string_value(json_array_get(codes, i));

		if (feide_grep_is_year(code))
			*list_add(k->arena, &k->entitlements) =
			    feide_grep_value(k->arena, code);
	}
}

static void add_group(struct making *k, const json_t *group)
{
	struct arena *a = k->arena;
	enum group_kind kind =
	    group_kind_from(form_text(group, "portvaktGroupKind"));
	const struct school *s =
	    school_of(k, form_text(group, "portvaktParent"));
	struct feide_group g = {
		.kind = kind_letter(kind),
		.grep = kind == GROUP_TEACHING ? subject_of(group) : "",
		.number = s ? s->number : k->p->municipality->number,
		.code = form_text(group, "portvaktCode"),
		.from = day_of(a, group, "portvaktFrom", false),
		.to = day_of(a, group, "portvaktUntil", true),
		.role = feide_role(k->kind),
		.name = form_text(group, "cn"),
	};

	if (!g.kind || !g.code || !g.from || !g.to)
		return;
	*list_add(a, &k->entitlements) = feide_group_value(a, &g);
	*list_add(a, &k->entitlements) = feide_groupid_value(a, &g);
	add_years(k, group);
	add_school(k, s);
	if (s && kind == GROUP_CLASS && !k->class_school)
		k->class_school = s->number;
}

static void add_groups(struct making *k)
{
	size_t count = 0;
	char ***rows = state_rows(
	    k->arena, &count,
	    "SELECT g.form FROM holding AS h JOIN groups AS g ON g.id = h.grp"
	    " WHERE h.member = ?1 AND g.form IS NOT NULL AND g.municipality = "
	    "?2"
	    " AND json_extract(g.form, '$.portvaktStatus[0]') = 'active'"
	    " ORDER BY g.id",
	    "tt", k->p->affiliation, k->p->municipality->name);

	for (size_t i = 0; i < count; i++) {
		const json_t *group = form_in(k->arena, rows[i][0]);

		if (group)
			add_group(k, group);
	}
}

/* ---- the entry */

static void set_units(struct making *k)
{
	struct arena *a = k->arena;
	const char *name = k->p->municipality->name;
	const char *primary = k->home                ? k->home->number
	                      : k->class_school      ? k->class_school
	                      : k->schools.count > 0 ? k->schools.at[0]
	                                             : NULL;
	const char **dns = arena_array(a, const char *, k->schools.count);

	for (size_t i = 0; i < k->schools.count; i++)
		dns[i] = feide_unit_dn(a, k->region, name, k->schools.at[i]);
	form_set_all(k->p->form, "eduPersonOrgUnitDN", dns, k->schools.count);
	if (primary)
		form_set(k->p->form, "eduPersonPrimaryOrgUnitDN",
		         feide_unit_dn(a, k->region, name, primary));
}

static void set_names(struct making *k)
{
	static const char *const same[] = { "cn", "displayName", "givenName",
		                            "sn", "preferredLanguage" };
	json_t *form = k->p->form;

	for (size_t i = 0; i < LENGTH(same); i++)
		form_set(form, same[i], form_text(k->person, same[i]));
	form_set(form, "norEduPersonLegalName", form_text(k->person, "cn"));
	form_set(form, "mail", form_text(k->affiliation, "mail"));
}

static void set_rest(struct making *k)
{
	struct arena *a = k->arena;
	struct feide_person *p = k->p;
	const char *const *kinds = feide_affiliations(k->kind);
	size_t count = 0;

	while (kinds[count])
		count++;
	form_set(p->form, "uid", p->uid);
	form_set(p->form, "eduPersonPrincipalName",
	         p->uid
	             ? arena_print(a, "%s@%s", p->uid,
	                           text_lower(a, p->municipality->feide->realm))
	             : NULL);
	form_set(p->form, "eduPersonOrgDN",
	         feide_org_dn(a, k->region, p->municipality->name));
	const char **values = arena_array(a, const char *, count);
	memcpy(values, kinds, count * sizeof(*values));
	form_set_all(p->form, "eduPersonAffiliation", values, count);
	form_set_all(p->form, "eduPersonEntitlement", k->entitlements.at,
	             k->entitlements.count);
	form_set(p->form, "seeAlso",
	         arena_print(a, "portvaktId=%s,portvaktId=%s,ou=people,%s",
	                     p->affiliation, p->person,
	                     k->region->catalogue.base));
}

/* The login name without its domain; lower case in the catalogue. */
static const char *uid_of(struct arena *a, const json_t *affiliation)
{
	const char *login = form_text(affiliation, "portvaktLogin");

	return login ? arena_bytes(a, login, strcspn(login, "@")) : NULL;
}

static void set_home(struct making *k)
{
	struct feide_person *p = k->p;
	const struct record *record =
	    record_read(k->arena, p->directory, p->anchor);

	if (record)
		k->home = school_at(k->arena, k->region, p->municipality,
		                    p->directory, record->place);
	add_school(k, k->home);
}

static void make(struct making *k)
{
	struct feide_person *p = k->p;
	const char *joins = form_text(k->person, "portvaktJoin");

	p->form = js_keep(k->arena, json_object());
	p->uid = uid_of(k->arena, k->affiliation);
	p->former = js_array(k->person, "portvaktFormerId");
	if (joins)
		p->joins = hash_text(k->arena, joins);
	set_home(k);
	add_named_schools(k);
	add_groups(k);
	set_names(k);
	set_units(k);
	set_rest(k);
	p->found = feide_check(k->arena, p->form);
	if (form_text(k->person, "portvaktProtected"))
		feide_find(p->found, FEIDE_PROTECTED, NULL);
	p->publishable = feide_mend(k->arena, p->form, p->found);
	if (p->uid)
		p->dn = feide_person_dn(k->arena, k->region,
		                        p->municipality->name, p->uid);
}

bool feide_person(struct arena *a, const struct region *r,
                  const char *affiliation, struct feide_person *ret)
{
	size_t count = 0;
	char ***rows = state_rows(
	    a, &count,
	    "SELECT f.person, f.directory, f.anchor, f.form, p.form FROM"
	    " affiliations AS f JOIN people AS p ON p.id = f.person"
	    " WHERE f.id = ?1 AND f.status = 'active'",
	    "t", affiliation);

	if (count == 0)
		return false;
	*ret = (struct feide_person){ .affiliation = affiliation,
		                      .person = rows[0][0],
		                      .directory = rows[0][1],
		                      .anchor = rows[0][2] };
	struct making k = { .arena = a,
		            .region = r,
		            .p = ret,
		            .affiliation = form_in(a, rows[0][3]),
		            .person = form_in(a, rows[0][4]) };
	k.kind = kind_from(form_text(k.affiliation, "portvaktKind"));
	const struct municipality *m = region_municipality(
	    r, form_text(k.affiliation, "portvaktMunicipality"));
	if (!m || !m->feide || !feide_affiliations(k.kind))
		return false;
	ret->municipality = m;
	make(&k);
	/* Other employees are in the tree only if they work at a school. */
	return k.kind != KIND_EMPLOYEE || k.schools.count > 0;
}

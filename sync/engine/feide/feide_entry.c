/* SPDX-License-Identifier: AGPL-3.0-or-later
 * feide_entry.c: builds the entry of one person in Feide's tree from the
 * affiliation, its person and its groups in the catalogue.  It has no password,
 * as binds are forwarded to the source directory, and no national identity
 * number, which the provisioner never sees. */
#include "sync/engine/feide/feide_entry.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/hash.h"
#include "lib/strbuf.h"
#include "lib/vector.h"
#include "region/config/affiliation_type.h"
#include "sync/engine/catalogue/entry_json.h"
#include "sync/engine/feide/feide_check.h"
#include "sync/engine/feide/feide_value.h"
#include "sync/engine/groups/group_desired.h"
#include "sync/engine/source/source_entry.h"
#include "sync/engine/state/state.h"

const char *const feide_person_attributes[] = {
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

char *feide_org_dn(struct arena *a, const struct config *cfg, const char *name)
{
	return arena_printf(a, "o=%s,ou=feide,%s", name, cfg->catalogue.base);
}

char *feide_unit_dn(struct arena *a, const struct config *cfg, const char *name,
                    const char *number)
{
	return arena_printf(a, "norEduOrgUnitUniqueIdentifier=NO%s,ou=units,%s",
	                    number, feide_org_dn(a, cfg, name));
}

char *feide_person_dn(struct arena *a, const struct config *cfg,
                      const char *name, const char *uid)
{
	return arena_printf(a, "uid=%s,ou=people,%s",
	                    escape_string(a, escape_dn, uid),
	                    feide_org_dn(a, cfg, name));
}

/* An entry being built. */
struct feide_build {
	struct arena *arena;
	const struct config *cfg;
	struct feide_person *p;
	const json_t *affiliation, *person; /* their catalogue entries */
	enum affiliation_type kind;
	const struct school *home_school; /* by the location of the source
	                              entry, or NULL */
	VECTOR(const char *) schools;     /* organisation numbers */
	VECTOR(const char *) entitlements;
	const char *class_school; /* of the school of a class, or NULL */
};

/* ---- schools */

static void feide_add_school(struct feide_build *build, const struct school *s)
{
	for (size_t i = 0; s && i < build->schools.count; i++)
		if (text_equal(build->schools.at[i], s->organisation_number))
			return;
	if (s)
		*vector_append(build->arena, &build->schools) =
		    s->organisation_number;
}

/* parent: the id of the school's body, <municipality>.<code>. */
static const struct school *school_of_parent(const struct feide_build *build,
                                             const char *parent)
{
	const struct feide *f = build->p->municipality->feide;
	const char *dot = parent ? strrchr(parent, '.') : NULL;

	for (size_t i = 0; dot && i < f->school_count; i++)
		if (text_equal(f->schools[i].code, dot + 1))
			return &f->schools[i];
	return NULL;
}

/* A unit in the source directory may be a school, by code or name. */
static void feide_add_named_schools(struct feide_build *build)
{
	const struct feide *f = build->p->municipality->feide;
	const json_t *units = js_array(build->affiliation, "portvaktUnit");

	for (size_t i = 0; i < json_array_size(units); i++)
		for (size_t s = 0; s < f->school_count; s++) {
			const char *unit =
			    json_string_value(json_array_get(units, i));

			if (text_equal(unit, f->schools[s].code) ||
			    text_equal(unit, f->schools[s].display))
				feide_add_school(build, &f->schools[s]);
		}
}

/* ---- groups */

/* The date in Oslo; of an end, the last day. */
static char *feide_date(struct arena *a, const json_t *entry, const char *name,
                        bool end)
{
	const char *text = entry_json_value(entry, name);
	int64_t when = 0;

	if (!text || !clock_parse_generalized_time(text, &when))
		return NULL;
	struct tm t = clock_oslo(end ? when - 1 : when);
	return arena_printf(a, "%04d-%02d-%02d", t.tm_year + 1900, t.tm_mon + 1,
	                    t.tm_mday);
}

/* Returns the code of a teaching group's subject, or "". */
static const char *subject_code(const json_t *group)
{
	const json_t *codes = js_array(group, "portvaktGrep");

	for (size_t i = 0; i < json_array_size(codes); i++) {
		const char *code = json_string_value(json_array_get(codes, i));

		if (!feide_grep_is_year(code))
			return code;
	}
	return "";
}

static char group_kind_letter(enum group_type kind)
{
	static const char letter_of[] = {
		[GROUP_CLASS] = 'b', [GROUP_TEACHING] = 'u', [GROUP_ROLE] = 'a'
	};

	return (size_t)kind < sizeof(letter_of) ? letter_of[kind] : '\0';
}

/* Only pupils have a school year. */
static void feide_add_school_years(struct feide_build *build,
                                   const json_t *group)
{
	const json_t *codes = js_array(group, "portvaktGrep");

	for (size_t i = 0;
	     build->kind == KIND_PUPIL && i < json_array_size(codes); i++) {
		const char *code = json_string_value(json_array_get(codes, i));

		if (feide_grep_is_year(code))
			*vector_append(build->arena, &build->entitlements) =
			    feide_grep_value(build->arena, code);
	}
}

static void feide_add_group(struct feide_build *build, const json_t *group)
{
	struct arena *a = build->arena;
	enum group_type kind =
	    group_type_from_name(entry_json_value(group, "portvaktGroupKind"));
	const struct school *s =
	    school_of_parent(build, entry_json_value(group, "portvaktParent"));
	struct feide_group g = {
		.kind = group_kind_letter(kind),
		.grep = kind == GROUP_TEACHING ? subject_code(group) : "",
		.number = s ? s->organisation_number
		            : build->p->municipality->organisation_number,
		.code = entry_json_value(group, "portvaktCode"),
		.from = feide_date(a, group, "portvaktFrom", false),
		.to = feide_date(a, group, "portvaktUntil", true),
		.role = feide_role(build->kind),
		.name = entry_json_value(group, "cn"),
	};

	if (!g.kind || !g.code || !g.from || !g.to)
		return;
	*vector_append(a, &build->entitlements) = feide_group_value(a, &g);
	*vector_append(a, &build->entitlements) = feide_groupid_value(a, &g);
	feide_add_school_years(build, group);
	feide_add_school(build, s);
	if (s && kind == GROUP_CLASS && !build->class_school)
		build->class_school = s->organisation_number;
}

static void feide_add_groups(struct feide_build *build)
{
	size_t count = 0;
	char ***rows = state_rows(
	    build->arena, &count,
	    "SELECT g.form FROM holding AS h JOIN groups AS g ON g.id = h.grp"
	    " WHERE h.member = ?1 AND g.form IS NOT NULL AND g.municipality = "
	    "?2"
	    " AND json_extract(g.form, '$.portvaktStatus[0]') = 'active'"
	    " ORDER BY g.id",
	    "tt", build->p->affiliation, build->p->municipality->name);

	for (size_t i = 0; i < count; i++) {
		const json_t *group =
		    entry_json_parse(build->arena, rows[i][0]);

		if (group)
			feide_add_group(build, group);
	}
}

/* ---- the entry */

static void feide_set_units(struct feide_build *build)
{
	struct arena *a = build->arena;
	const char *name = build->p->municipality->name;
	const char *primary = build->home_school
	                          ? build->home_school->organisation_number
	                      : build->class_school      ? build->class_school
	                      : build->schools.count > 0 ? build->schools.at[0]
	                                                 : NULL;
	const char **dns = arena_array(a, const char *, build->schools.count);

	for (size_t i = 0; i < build->schools.count; i++)
		dns[i] =
		    feide_unit_dn(a, build->cfg, name, build->schools.at[i]);
	entry_json_set_values(build->p->entry, "eduPersonOrgUnitDN", dns,
	                      build->schools.count);
	if (primary)
		entry_json_set(build->p->entry, "eduPersonPrimaryOrgUnitDN",
		               feide_unit_dn(a, build->cfg, name, primary));
}

static void feide_set_names(struct feide_build *build)
{
	static const char *const copied[] = { "cn", "displayName", "givenName",
		                              "sn", "preferredLanguage" };
	json_t *entry = build->p->entry;

	for (size_t i = 0; i < LENGTH(copied); i++)
		entry_json_set(entry, copied[i],
		               entry_json_value(build->person, copied[i]));
	entry_json_set(entry, "norEduPersonLegalName",
	               entry_json_value(build->person, "cn"));
	entry_json_set(entry, "mail",
	               entry_json_value(build->affiliation, "mail"));
}

static void feide_set_attributes(struct feide_build *build)
{
	struct arena *a = build->arena;
	struct feide_person *p = build->p;
	const char *const *kinds = feide_affiliations(build->kind);
	size_t count = 0;

	while (kinds[count])
		count++;
	entry_json_set(p->entry, "uid", p->uid);
	entry_json_set(
	    p->entry, "eduPersonPrincipalName",
	    p->uid ? arena_printf(a, "%s@%s", p->uid,
	                          text_lower(a, p->municipality->feide->realm))
		   : NULL);
	entry_json_set(p->entry, "eduPersonOrgDN",
	               feide_org_dn(a, build->cfg, p->municipality->name));
	const char **values = arena_array(a, const char *, count);
	memcpy(values, kinds, count * sizeof(*values));
	entry_json_set_values(p->entry, "eduPersonAffiliation", values, count);
	entry_json_set_values(p->entry, "eduPersonEntitlement",
	                      build->entitlements.at,
	                      build->entitlements.count);
	entry_json_set(p->entry, "seeAlso",
	               arena_printf(a,
	                            "portvaktId=%s,portvaktId=%s,ou=people,%s",
	                            p->affiliation, p->person,
	                            build->cfg->catalogue.base));
}

/* The login name without its domain; lower case in the catalogue. */
static const char *uid_of_login(struct arena *a, const json_t *affiliation)
{
	const char *login = entry_json_value(affiliation, "portvaktLogin");

	return login ? arena_memdup(a, login, strcspn(login, "@")) : NULL;
}

static void feide_set_home_school(struct feide_build *build)
{
	struct feide_person *p = build->p;
	const struct source_entry *record =
	    source_entry_load(build->arena, p->directory, p->anchor);

	if (record)
		build->home_school =
		    school_at(build->arena, build->cfg, p->municipality,
		              p->directory, record->normal_dn);
	feide_add_school(build, build->home_school);
}

static void feide_build_entry(struct feide_build *build)
{
	struct feide_person *p = build->p;
	const char *join_value =
	    entry_json_value(build->person, "portvaktJoin");

	p->entry = js_own(build->arena, json_object());
	p->uid = uid_of_login(build->arena, build->affiliation);
	p->former_ids = js_array(build->person, "portvaktFormerId");
	if (join_value)
		p->join_hash = hash_sha256_base64url(build->arena, join_value);
	feide_set_home_school(build);
	feide_add_named_schools(build);
	feide_add_groups(build);
	feide_set_names(build);
	feide_set_units(build);
	feide_set_attributes(build);
	p->issues = feide_check_person(build->arena, p->entry);
	if (entry_json_value(build->person, "portvaktProtected"))
		feide_issue_add(p->issues, FEIDE_PROTECTED, NULL);
	p->publishable =
	    feide_drop_invalid_values(build->arena, p->entry, p->issues);
	if (p->uid)
		p->dn = feide_person_dn(build->arena, build->cfg,
		                        p->municipality->name, p->uid);
}

bool feide_person_build(struct arena *a, const struct config *cfg,
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
	struct feide_build build = { .arena = a,
		                     .cfg = cfg,
		                     .p = ret,
		                     .affiliation =
		                         entry_json_parse(a, rows[0][3]),
		                     .person =
		                         entry_json_parse(a, rows[0][4]) };
	build.kind = affiliation_type_from_name(
	    entry_json_value(build.affiliation, "portvaktKind"));
	const struct municipality *m = config_municipality(
	    cfg, entry_json_value(build.affiliation, "portvaktMunicipality"));
	if (!m || !m->feide || !feide_affiliations(build.kind))
		return false;
	ret->municipality = m;
	feide_build_entry(&build);
	/* Other employees are in the tree only if they work at a school. */
	return build.kind != KIND_EMPLOYEE || build.schools.count > 0;
}

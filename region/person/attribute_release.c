/* SPDX-License-Identifier: AGPL-3.0-or-later
 * attribute_release.c: attribute release: the values of each attribute of
 * attributes.def for one affiliation. */
#include "region/person/attribute_release.h"

#include "lib/strbuf.h"
#include "lib/vector.h"

enum { P = true, A = false };

const struct attribute released_attributes[] = {
#define ATTRIBUTE(word, ldap, of, claim, scope, saml, friendly) \
	{ word, ldap, of, claim, scope, saml, friendly },
#include "region/config/attributes.def"
#undef ATTRIBUTE
};
const size_t released_attribute_count = LENGTH(released_attributes);

const struct attribute *released_attribute_find(const char *name)
{
	for (size_t i = 0; i < released_attribute_count; i++)
		if (text_equal(released_attributes[i].name, name))
			return &released_attributes[i];
	return NULL;
}

/* The only sources of released values. */
struct release_source {
	struct arena *arena;
	const struct config *cfg;
	const struct person *person;
	const struct affiliation *affiliation;
};

static char **no_values(struct arena *a)
{
	return arena_array(a, char *, 1);
}

static char **one(struct arena *a, const char *value)
{
	char **values = arena_array(a, char *, 2);

	if (value && *value)
		values[0] = arena_strdup(a, value);
	return values;
}

static char **copy_values(struct arena *a, char **values)
{
	VECTOR(char *) list = { 0 };

	for (; values && *values; values++)
		*vector_append(a, &list) = arena_strdup(a, *values);
	*vector_append(a, &list) = NULL;
	return list.at;
}

#define RELEASE_FUNCTION(name, expression)                 \
	static char **name(const struct release_source *g) \
	{                                                  \
		return one(g->arena, expression);          \
	}

RELEASE_FUNCTION(released_name, g->person->display)
RELEASE_FUNCTION(released_given_name, g->person->given)
RELEASE_FUNCTION(released_family_name, g->person->family)
RELEASE_FUNCTION(released_language, g->person->language)
RELEASE_FUNCTION(released_mail, g->affiliation->mail)
RELEASE_FUNCTION(released_phone, g->affiliation->phone)
RELEASE_FUNCTION(released_title, g->affiliation->title)
RELEASE_FUNCTION(released_employee_number, g->affiliation->employee_number)
RELEASE_FUNCTION(released_municipality, g->affiliation->municipality)

static const struct municipality *affiliation_municipality(
    const struct release_source *g)
{
	return config_municipality(g->cfg, g->affiliation->municipality);
}

/* Returns name@domain, unique within the region. */
static char **scoped_value(const struct release_source *g, const char *name)
{
	const struct municipality *m = affiliation_municipality(g);

	if (!m || !name || !*name)
		return no_values(g->arena);
	return one(g->arena, arena_printf(g->arena, "%s@%s", name, m->domain));
}

static char **released_login(const struct release_source *g)
{
	return scoped_value(g, g->affiliation->login);
}

/* eduPerson 202208 2.2.1 and 2.2.9: the controlled vocabulary.  Portvakt's own
 * types are finer and are released as "kind". */
static const char *const eduperson_affiliations[][3] = {
	[KIND_EMPLOYEE] = { "employee", "member" },
	[KIND_TEACHER] = { "faculty", "employee", "member" },
	[KIND_PUPIL] = { "student", "member" },
	[KIND_POLITICIAN] = { "member" },
	[KIND_GUEST] = { "affiliate" },
	[KIND_VENDOR] = { "affiliate" },
};

static char **released_kind(const struct release_source *g)
{
	return one(g->arena, affiliation_type_name(g->affiliation->kind));
}

static char **released_scoped_kind(const struct release_source *g)
{
	enum affiliation_type k = g->affiliation->kind;
	VECTOR(char *) list = { 0 };

	if ((size_t)k >= LENGTH(eduperson_affiliations))
		return no_values(g->arena);
	for (size_t i = 0; i < LENGTH(eduperson_affiliations[k]); i++) {
		char **value = scoped_value(g, eduperson_affiliations[k][i]);

		if (*value)
			*vector_append(g->arena, &list) = *value;
	}
	*vector_append(g->arena, &list) = NULL;
	return list.at;
}

/* Norwegian public services and Feide's norEduOrg identify an organisation by
 * its number. */
static char **released_organisation(const struct release_source *g)
{
	const struct municipality *m = affiliation_municipality(g);

	return one(g->arena, m ? m->organisation_number : NULL);
}

static char **released_unit(const struct release_source *g)
{
	return copy_values(g->arena, g->affiliation->units);
}

static char **released_role(const struct release_source *g)
{
	return copy_values(g->arena, g->affiliation->roles);
}

static char **released_position(const struct release_source *g)
{
	int position = g->affiliation->position;

	if (position < 0)
		return no_values(g->arena);
	return one(g->arena, arena_printf(g->arena, "%d", position));
}

static const struct {
	const char *name;
	char **(*release)(const struct release_source *g);
} release_functions[] = {
	{ "name", released_name },
	{ "given-name", released_given_name },
	{ "family-name", released_family_name },
	{ "language", released_language },
	{ "login", released_login },
	{ "mail", released_mail },
	{ "phone", released_phone },
	{ "title", released_title },
	{ "employee-number", released_employee_number },
	{ "municipality", released_municipality },
	{ "organisation", released_organisation },
	{ "kind", released_kind },
	{ "scoped-kind", released_scoped_kind },
	{ "unit", released_unit },
	{ "position", released_position },
	{ "role", released_role },
};

_Static_assert(LENGTH(release_functions) == LENGTH(released_attributes),
               "every line of attributes.def has one that gives it");

char **released_attribute_values(struct arena *a, const struct attribute *t,
                                 const struct config *cfg,
                                 const struct person *p,
                                 const struct affiliation *f)
{
	const struct release_source g = { a, cfg, p, f };

	for (size_t i = 0; i < LENGTH(release_functions); i++)
		if (text_equal(release_functions[i].name, t->name))
			return release_functions[i].release(&g);
	return no_values(a);
}

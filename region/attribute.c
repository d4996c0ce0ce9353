/* SPDX-License-Identifier: AGPL-3.0-or-later
 * attribute_release.c: attribute release: the values of each attribute of
 * attributes.def for one affiliation. */
#include "region/attribute.h"

#include "lib/list.h"
#include "lib/text.h"

enum { P = true, A = false };

const struct attribute attributes[] = {
#define ATTRIBUTE(word, ldap, of, claim, scope, saml, friendly) \
	{ word, ldap, of, claim, scope, saml, friendly },
#include "region/attributes.def"
#undef ATTRIBUTE
};
const size_t attribute_count = LENGTH(attributes);

const struct attribute *attribute_find(const char *word)
{
	for (size_t i = 0; i < attribute_count; i++)
		if (text_equal(attributes[i].word, word))
			return &attributes[i];
	return NULL;
}

/* The only sources of released values. */
struct giver {
	struct arena *arena;
	const struct region *region;
	const struct person *person;
	const struct affiliation *affiliation;
};

static char **none(struct arena *a)
{
	return arena_array(a, char *, 1);
}

static char **one(struct arena *a, const char *value)
{
	char **values = arena_array(a, char *, 2);

	if (value && *value)
		values[0] = arena_copy(a, value);
	return values;
}

static char **copies(struct arena *a, char **values)
{
	LIST(char *) list = { 0 };

	for (; values && *values; values++)
		*list_add(a, &list) = arena_copy(a, *values);
	*list_add(a, &list) = NULL;
	return list.at;
}

#define GIVES(name, expression)                   \
	static char **name(const struct giver *g) \
	{                                         \
		return one(g->arena, expression); \
	}

GIVES(give_name, g->person->display)
GIVES(give_given, g->person->given)
GIVES(give_family, g->person->family)
GIVES(give_language, g->person->language)
GIVES(give_mail, g->affiliation->mail)
GIVES(give_phone, g->affiliation->phone)
GIVES(give_title, g->affiliation->title)
GIVES(give_number, g->affiliation->employee_number)
GIVES(give_municipality, g->affiliation->municipality)

static const struct municipality *home(const struct giver *g)
{
	return region_municipality(g->region, g->affiliation->municipality);
}

/* Returns name@domain, unique within the region. */
static char **scoped(const struct giver *g, const char *name)
{
	const struct municipality *m = home(g);

	if (!m || !name || !*name)
		return none(g->arena);
	return one(g->arena, arena_print(g->arena, "%s@%s", name, m->domain));
}

static char **give_login(const struct giver *g)
{
	return scoped(g, g->affiliation->login);
}

/* eduPerson 202208 2.2.1 and 2.2.9: the controlled vocabulary.  Portvakt's own
 * types are finer and are released as "kind". */
static const char *const common_words[][3] = {
	[KIND_EMPLOYEE] = { "employee", "member" },
	[KIND_TEACHER] = { "faculty", "employee", "member" },
	[KIND_PUPIL] = { "student", "member" },
	[KIND_POLITICIAN] = { "member" },
	[KIND_GUEST] = { "affiliate" },
	[KIND_VENDOR] = { "affiliate" },
};

static char **give_kind(const struct giver *g)
{
	return one(g->arena, kind_name(g->affiliation->kind));
}

static char **give_scoped_kind(const struct giver *g)
{
	enum kind k = g->affiliation->kind;
	LIST(char *) list = { 0 };

	if ((size_t)k >= LENGTH(common_words))
		return none(g->arena);
	for (size_t i = 0; i < LENGTH(common_words[k]); i++) {
		char **value = scoped(g, common_words[k][i]);

		if (*value)
			*list_add(g->arena, &list) = *value;
	}
	*list_add(g->arena, &list) = NULL;
	return list.at;
}

/* Norwegian public services and Feide's norEduOrg identify an organisation by
 * its number. */
static char **give_organisation(const struct giver *g)
{
	const struct municipality *m = home(g);

	return one(g->arena, m ? m->number : NULL);
}

static char **give_unit(const struct giver *g)
{
	return copies(g->arena, g->affiliation->units);
}

static char **give_role(const struct giver *g)
{
	return copies(g->arena, g->affiliation->roles);
}

static char **give_position(const struct giver *g)
{
	int position = g->affiliation->position;

	if (position < 0)
		return none(g->arena);
	return one(g->arena, arena_print(g->arena, "%d", position));
}

static const struct {
	const char *word;
	char **(*give)(const struct giver *g);
} givers[] = {
	{ "name", give_name },
	{ "given-name", give_given },
	{ "family-name", give_family },
	{ "language", give_language },
	{ "login", give_login },
	{ "mail", give_mail },
	{ "phone", give_phone },
	{ "title", give_title },
	{ "employee-number", give_number },
	{ "municipality", give_municipality },
	{ "organisation", give_organisation },
	{ "kind", give_kind },
	{ "scoped-kind", give_scoped_kind },
	{ "unit", give_unit },
	{ "position", give_position },
	{ "role", give_role },
};

_Static_assert(LENGTH(givers) == LENGTH(attributes),
               "every line of attributes.def has one that gives it");

char **attribute_values(struct arena *a, const struct attribute *t,
                        const struct region *r, const struct person *p,
                        const struct affiliation *f)
{
	const struct giver g = { a, r, p, f };

	for (size_t i = 0; i < LENGTH(givers); i++)
		if (text_equal(givers[i].word, t->word))
			return givers[i].give(&g);
	return none(a);
}

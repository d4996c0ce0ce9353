/* SPDX-License-Identifier: AGPL-3.0-or-later
 * classify.c: classifies a source entry (kind, roles) for its municipality by
 * the rules in people { }. */
#include <stdlib.h>
#include <string.h>

#include "lib/list.h"
#include "lib/text.h"
#include "sync/writer/writer.h"

/* Returns the normalized DN of a DN relative to the directory's base. */
static char *absolute(struct arena *a, const char *base, const char *relative)
{
	if (!relative || !*relative)
		return dn_normal(a, base);
	return dn_normal(a, arena_print(a, "%s,%s", relative, base));
}

static bool is_member(char **places, const char *group)
{
	for (; *places; places++)
		if (text_equal(*places, group))
			return true;
	return false;
}

/* Returns whether the rule applies to the entry.  base: of the municipality's
 * part of the directory. */
static bool speaks_of(struct arena *a, const struct people_rule *rule,
                      const char *base, const char *place, char **places)
{
	if (rule->under && !dn_is_under(place, absolute(a, base, rule->under)))
		return false;
	if (rule->group)
		return is_member(places, absolute(a, base, rule->group));
	return rule->under != NULL;
}

/* Rules without "among" select the kind; rules "among" that kind refine it. */
static enum kind find_kind(struct arena *a, const struct people_from *p,
                           const char *place, char **places)
{
	const char *base = p->directory->base;
	enum kind kind = KIND_NONE;

	for (size_t i = 0; i < p->rule_count && kind == KIND_NONE; i++)
		if (!p->rules[i].role && p->rules[i].among == KIND_NONE &&
		    speaks_of(a, &p->rules[i], base, place, places))
			kind = p->rules[i].kind;
	for (size_t i = 0; i < p->rule_count; i++)
		if (!p->rules[i].role && kind != KIND_NONE &&
		    p->rules[i].among == kind &&
		    speaks_of(a, &p->rules[i], base, place, places))
			return p->rules[i].kind;
	return kind;
}

static int by_text(const void *x, const void *y)
{
	return strcmp(*(char *const *)x, *(char *const *)y);
}

static bool has_text(char *const *texts, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(texts[i], text))
			return true;
	return false;
}

/* A teacher selected among the employees is an employee too. */
static bool is_among(enum kind kind, const struct people_from *p,
                     enum kind among)
{
	if (kind == among)
		return true;
	for (size_t i = 0; i < p->rule_count; i++)
		if (!p->rules[i].role && p->rules[i].kind == kind &&
		    p->rules[i].among == among)
			return true;
	return false;
}

static char **find_roles(struct arena *a, const struct people_from *p,
                         enum kind kind, const char *place, char **places)
{
	LIST(char *) roles = { 0 };

	for (size_t i = 0; i < p->rule_count; i++) {
		const struct people_rule *rule = &p->rules[i];

		if (rule->role && is_among(kind, p, rule->among) &&
		    speaks_of(a, rule, p->directory->base, place, places) &&
		    !has_text(roles.at, roles.count, rule->role))
			*list_add(a, &roles) = arena_copy(a, rule->role);
	}
	if (roles.count > 0)
		qsort(roles.at, roles.count, sizeof(char *), by_text);
	*list_add(a, &roles) = NULL;
	return roles.at;
}

static bool shape_by(struct arena *a, const struct municipality *m,
                     const struct people_from *p, const struct record *record,
                     char **places, struct shape *ret_shape)
{
	if (!text_equal(p->directory->name, record->directory) ||
	    !dn_is_under(record->place,
	                 absolute(a, p->directory->base, p->under)))
		return false;
	enum kind kind = find_kind(a, p, record->place, places);
	if (kind == KIND_NONE)
		return false;
	*ret_shape = (struct shape){
		.municipality = m,
		.kind = kind,
		.roles = find_roles(a, p, kind, record->place, places),
		.joins = p->join_by_national_id,
	};
	return true;
}

bool shape(struct arena *a, const struct region *r, const struct record *record,
           char **places, struct shape *ret_shape)
{
	if (!text_equal(record->class, "person"))
		return false;
	for (size_t i = 0; i < r->municipality_count; i++) {
		const struct municipality *m = &r->municipalities[i];

		for (size_t p = 0; p < m->people_count; p++)
			if (shape_by(a, m, &m->people[p], record, places,
			             ret_shape))
				return true;
	}
	return false;
}

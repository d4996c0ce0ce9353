/* SPDX-License-Identifier: AGPL-3.0-or-later
 * policy_usage.c: looks for each name of a rule among the affiliations of its
 * municipality. */
#include "region/policy/policy_usage.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "lib/conf/conf_schema.h"
#include "lib/strbuf.h"
#include "lib/vector.h"
#include "region/policy/policy_context.h"

/* One name in a rule: a role, a unit, or a position. */
struct named_fact {
	const struct municipality *municipality;
	const struct source_location *location;
	const char *what; /* "role" */
	const char *name;
	/* Of a position; NULL: the name is compared. */
	const struct condition *condition;
	bool is_met;
};

/* What affiliations have, for suggestions. */
struct seen_name {
	const struct municipality *municipality;
	const char *what, *name;
};

struct policy_usage {
	struct arena *arena;
	const struct config *cfg;
	VECTOR(struct named_fact) named;
	VECTOR(struct seen_name) seen;
	void *seen_tree; /* the same by a key, tsearch(3) */
};

static void usage_name(struct policy_usage *u, const struct municipality *m,
                       const struct policy_rule *rule, const char *what,
                       const char *name)
{
	if (text_equal(what, "role") && config_granted_role(m, name))
		return;
	if (text_equal(what, "unit") && text_equal(name, "service-units"))
		return;
	*vector_append(u->arena, &u->named) =
	    (struct named_fact){ .municipality = m,
		                 .location = &rule->location,
		                 .what = what,
		                 .name = name };
}

static void usage_name_condition(struct policy_usage *u,
                                 const struct municipality *m,
                                 const struct policy_rule *rule,
                                 const struct condition *c)
{
	if (c->built_in && text_equal(c->name, "position")) {
		*vector_append(u->arena, &u->named) = (struct named_fact){
			.municipality = m,
			.location = &rule->location,
			.what = "a position of",
			.name = arena_printf(u->arena, "at least %s",
			                     c->arguments[c->count - 1]),
			.condition = c
		};
		return;
	}
	if (!text_equal(c->name, "role") && !text_equal(c->name, "unit"))
		return;
	for (size_t i = 0; i < c->count; i++)
		usage_name(u, m, rule, c->name, c->arguments[i]);
}

struct policy_usage *policy_usage_open(struct arena *a,
                                       const struct config *cfg)
{
	struct policy_usage *u = arena_new(a, struct policy_usage);

	*u = (struct policy_usage){ .arena = a, .cfg = cfg };
	for (size_t i = 0; i < cfg->municipality_count; i++) {
		const struct municipality *m = &cfg->municipalities[i];

		for (size_t k = 0; k < m->rule_count; k++) {
			const struct policy_rule *rule = &m->rules[k];

			if (rule->role)
				usage_name(u, m, rule, "role", rule->role);
			for (size_t n = 0; n < rule->condition_count; n++)
				usage_name_condition(u, m, rule,
				                     &rule->conditions[n]);
		}
	}
	return u;
}

/* ---- affiliations */

static int seen_compare(const void *x, const void *y)
{
	return strcmp(x, y);
}

static void usage_see(struct policy_usage *u, const struct municipality *m,
                      const char *what, char **names)
{
	struct arena *scratch = arena_open();

	for (; names && *names; names++) {
		const char *key =
		    arena_printf(scratch, "%s %s %s", m->name, what, *names);

		if (tfind(key, &u->seen_tree, seen_compare))
			continue;
		if (!tsearch(arena_strdup(u->arena, key), &u->seen_tree,
		             seen_compare))
			abort();
		*vector_append(u->arena, &u->seen) =
		    (struct seen_name){ m, what,
			                arena_strdup(u->arena, *names) };
	}
	arena_close(scratch);
}

static bool affiliation_has(const struct named_fact *n,
                            const struct affiliation *f)
{
	const struct portvakt_context facts = { .position = f->position };

	if (!n->condition)
		return text_list_has(
		    text_equal(n->what, "role") ? f->roles : f->units, n->name);
	return n->condition->built_in->evaluate(
		   n->condition->count,
		   (const char *const *)n->condition->arguments,
		   &facts) == PORTVAKT_PERMIT;
}

void policy_usage_add(struct policy_usage *u, const struct affiliation *f)
{
	const struct municipality *m =
	    config_municipality(u->cfg, f->municipality);

	if (!m)
		return;
	usage_see(u, m, "role", f->roles);
	usage_see(u, m, "unit", f->units);
	for (size_t i = 0; i < u->named.count; i++)
		if (u->named.at[i].municipality == m && !u->named.at[i].is_met)
			u->named.at[i].is_met =
			    affiliation_has(&u->named.at[i], f);
}

/* ---- notes */

static const char *usage_suggestion(const struct policy_usage *u,
                                    const struct named_fact *n)
{
	const char **known =
	    arena_array(u->arena, const char *, u->seen.count + 1);
	size_t count = 0;

	for (size_t i = 0; i < u->seen.count; i++)
		if (u->seen.at[i].municipality == n->municipality &&
		    text_equal(u->seen.at[i].what, n->what))
			known[count++] = u->seen.at[i].name;
	return conf_did_you_mean(u->arena, n->name, known);
}

static void seen_keep(void *unused)
{
	(void)unused; /* it belongs to the arena */
}

void policy_usage_close(struct policy_usage *u)
{
	tdestroy(u->seen_tree, seen_keep);
	u->seen_tree = NULL;
}

void policy_usage_list(struct policy_usage *u,
                       void (*note)(void *data, const char *text), void *data)
{
	for (size_t i = 0; i < u->named.count; i++) {
		const struct named_fact *n = &u->named.at[i];

		if (!n->is_met)
			note(data,
			     arena_printf(u->arena,
			                  "note: %s:%d: no one in %s has "
			                  "%s %s at present%s",
			                  n->location->file, n->location->line,
			                  n->municipality->name, n->what,
			                  n->name, usage_suggestion(u, n)));
	}
}

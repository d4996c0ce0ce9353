/* SPDX-License-Identifier: AGPL-3.0-or-later
 * policy_parse.c: parses `rules { }` and `require` into rules and requirements:
 *
 *	TYPE may [not] enter SERVICE ... [when CONDITION [and CONDITION ...]]
 *
 * Errors are reported with their line and column; nothing is evaluated here. */
#include "region/policy.h"

#include <string.h>

#include "lib/conf_check.h"
#include "lib/text.h"
#include "plugins/built-in.h"
#include "region/build.h"
#include "region/kind.h"

static const struct portvakt_plugin *const built_in[] = {
	&portvakt_network, &portvakt_hours,         &portvakt_position,
	&portvakt_until,   &portvakt_second_factor,
};

const struct portvakt_word *policy_built_in(const char *word)
{
	for (size_t i = 0; i < LENGTH(built_in); i++)
		for (const struct portvakt_word *w = built_in[i]->words;
		     w->name; w++)
			if (text_equal(w->name, word))
				return w;
	return NULL;
}

const struct portvakt_word *policy_built_in_at(size_t i)
{
	for (size_t p = 0; p < LENGTH(built_in); p++)
		for (const struct portvakt_word *w = built_in[p]->words;
		     w->name; w++)
			if (i-- == 0)
				return w;
	return NULL;
}

/* Parser state: one statement and the index of its next token. */
struct reading {
	struct arena *arena;
	const struct conf_statement *s;
	size_t at;
	const struct region *region;
	char **plugins; /* of the municipality; the region's are always
	                   included */
	const char *judge;
	struct conf_complaints *wrong;
};

static const char *next(const struct reading *g)
{
	return conf_word_at(g->s, g->at);
}

static bool take(struct reading *g, const char *word)
{
	if (!text_equal(next(g), word))
		return false;
	g->at++;
	return true;
}

/* ---- conditions */

/* A plugin defines the condition with its own name and those that start with
 * its name and a hyphen. */
static bool teaches(const char *plugin, const char *word)
{
	size_t length = strlen(plugin);

	return text_starts(word, plugin) &&
	       (word[length] == '\0' || word[length] == '-');
}

static bool any_teaches(char **plugins, const char *word)
{
	for (; plugins && *plugins; plugins++)
		if (teaches(*plugins, word))
			return true;
	return false;
}

static void complain_unknown(const struct reading *g, const char *word)
{
	LIST(const char *) known = { 0 };

	for (size_t i = 0; policy_built_in_at(i); i++)
		*list_add(g->arena, &known) = policy_built_in_at(i)->name;
	for (char **p = g->plugins; p && *p; p++)
		*list_add(g->arena, &known) = *p;
	for (char **p = g->region->plugins; p && *p; p++)
		*list_add(g->arena, &known) = *p;
	*list_add(g->arena, &known) = NULL;
	conf_complain(g->wrong, g->s, g->at,
	              "no plugin teaches the condition \"%s\"%s", word,
	              conf_did_you_mean(g->arena, word, known.at));
}

/* Selects the evaluator: built-in, the municipality's plugin host, or the
 * region's. */
static bool find_word(const struct reading *g, struct condition *c)
{
	c->built_in = policy_built_in(c->word);
	if (c->built_in)
		return true;
	if (any_teaches(g->plugins, c->word))
		c->judge = g->judge;
	else if (any_teaches(g->region->plugins, c->word))
		c->judge = "region";
	else
		complain_unknown(g, c->word);
	return c->judge != NULL;
}

/* The condition `from` cannot check its arguments without the configuration. */
static void check_networks(const struct reading *g, const struct condition *c,
                           size_t first)
{
	LIST(const char *) known = { 0 };

	if (!text_equal(c->word, "from"))
		return;
	for (size_t i = 0; i < g->region->network_count; i++)
		*list_add(g->arena, &known) = g->region->networks[i].name;
	*list_add(g->arena, &known) = NULL;
	for (size_t i = 0; i < c->count; i++)
		if (!region_network(g->region, c->arguments[i]))
			conf_complain(g->wrong, g->s, first + i,
			              "there is no network \"%s\"%s",
			              c->arguments[i],
			              conf_did_you_mean(
					  g->arena, c->arguments[i], known.at));
}

static void check_arguments(const struct reading *g, const struct condition *c,
                            size_t first)
{
	const char *wanted = "nothing behind it";
	size_t bad = c->count > 0 ? 1 : 0;

	if (c->built_in->read)
		bad = c->built_in->read(
		    c->count, (const char *const *)c->arguments, &wanted);
	if (bad > 0 && bad <= c->count)
		conf_complain(g->wrong, g->s, first + bad - 1,
		              "%s wants %s, not \"%s\"", c->word, wanted,
		              c->arguments[bad - 1]);
	else if (bad > 0)
		conf_complain(g->wrong, g->s, first - 1, "%s wants %s", c->word,
		              wanted);
	else
		check_networks(g, c, first);
}

static void read_condition(struct reading *g, struct condition *c)
{
	size_t first = g->at + 1;

	c->word = arena_copy(g->arena, next(g));
	bool known = find_word(g, c);

	c->arguments = arena_array(g->arena, char *, g->s->word_count);
	for (g->at++; next(g) && !text_equal(next(g), "and"); g->at++)
		c->arguments[c->count++] = arena_copy(g->arena, next(g));
	if (known && c->built_in)
		check_arguments(g, c, first);
}

/* CONDITION [and CONDITION ...], up to the end of the line. */
static void read_conditions(struct reading *g, struct clause *clause)
{
	clause->conditions =
	    arena_array(g->arena, struct condition, g->s->word_count);
	for (;;) {
		if (!next(g) || text_equal(next(g), "and")) {
			conf_complain(g->wrong, g->s, g->at,
			              "a condition is missing behind \"%s\"",
			              g->s->words[g->at - 1]);
			return;
		}
		read_condition(g,
		               &clause->conditions[clause->condition_count++]);
		if (!take(g, "and"))
			return;
	}
}

/* ---- rules */

static void read_who(struct reading *g, struct clause *clause)
{
	static const char *const known[] = { "employees", "teachers",
		                             "pupils",    "politicians",
		                             "guests",    "vendors",
		                             "role",      NULL };
	const char *who = next(g);

	if (take(g, "role")) {
		clause->role = arena_copy(g->arena, next(g));
		if (clause->role)
			g->at++;
		return;
	}
	clause->kind = kind_from_plural(who);
	if (clause->kind == KIND_NONE)
		conf_complain(g->wrong, g->s, g->at,
		              "a rule begins with who; \"%s\" is nobody%s", who,
		              conf_did_you_mean(g->arena, who, known));
	g->at++;
}

static bool read_may_enter(struct reading *g, struct clause *clause)
{
	bool may = take(g, "may");

	clause->may_not = may && take(g, "not");
	if (may && take(g, "enter"))
		return true;
	conf_complain(g->wrong, g->s, g->at,
	              "a rule is written: WHO may [not] enter SERVICE ... "
	              "[when CONDITION]");
	return false;
}

static void complain_service(const struct reading *g, const char *name)
{
	LIST(const char *) known = { 0 };

	*list_add(g->arena, &known) = "portal";
	*list_add(g->arena, &known) = "any";
	for (size_t i = 0; i < g->region->service_count; i++)
		*list_add(g->arena, &known) = g->region->services[i].name;
	*list_add(g->arena, &known) = NULL;
	conf_complain(g->wrong, g->s, g->at, "there is no service \"%s\"%s",
	              name, conf_did_you_mean(g->arena, name, known.at));
}

static void read_services(struct reading *g, struct clause *clause)
{
	size_t count = 0;

	clause->services = arena_array(g->arena, char *, g->s->word_count + 1);
	for (; next(g) && !text_equal(next(g), "when"); g->at++) {
		const char *name = next(g);

		if (!text_equal(name, "portal") && !text_equal(name, "any") &&
		    !region_service(g->region, name))
			complain_service(g, name);
		clause->services[count++] = arena_copy(g->arena, name);
	}
	if (count == 0)
		conf_complain(g->wrong, g->s, g->at,
		              "a service is missing behind \"enter\"");
}

static const char *line_of(struct arena *a, const struct conf_statement *s)
{
	struct text line = text_in(a);

	for (size_t i = 0; i < s->word_count; i++)
		text_addf(&line, "%s%s", i > 0 ? " " : "", s->words[i]);
	return line.at;
}

static void begin(const struct reading *g, struct clause *clause)
{
	*clause = (struct clause){ .place = build_place(g->s),
		                   .text = line_of(g->arena, g->s) };
	clause->services = arena_array(g->arena, char *, 1);
}

static void read_rule(struct reading *g, struct clause *clause)
{
	begin(g, clause);
	read_who(g, clause);
	if (!read_may_enter(g, clause))
		return;
	read_services(g, clause);
	if (take(g, "when"))
		read_conditions(g, clause);
}

bool policy_read_rules(struct arena *a, const struct conf_statement *rules,
                       const struct region *r, char **plugins,
                       const char *judge, struct clause **ret_clauses,
                       size_t *ret_count, struct conf_complaints *complaints)
{
	size_t before = complaints->count;
	size_t count = rules->block.count;
	struct clause *clauses = arena_array(a, struct clause, count);

	for (size_t i = 0; i < count; i++) {
		struct reading g = { .arena = a,
			             .s = &rules->block.at[i],
			             .region = r,
			             .plugins = plugins,
			             .judge = judge,
			             .wrong = complaints };

		read_rule(&g, &clauses[i]);
	}
	*ret_clauses = clauses;
	*ret_count = count;
	return complaints->count == before;
}

bool policy_read_needs(struct arena *a, const struct conf_statement *needs,
                       const struct region *r, struct clause *ret_clause,
                       struct conf_complaints *complaints)
{
	size_t before = complaints->count;
	struct reading g = { .arena = a,
		             .s = needs,
		             .at = 1,
		             .region = r,
		             .judge = "region",
		             .wrong = complaints };

	begin(&g, ret_clause);
	read_conditions(&g, ret_clause);
	return complaints->count == before;
}

/* ---- building the configuration */

static void build_rule_block(struct build *b, const struct conf_statement *s,
                             struct municipality *m)
{
	const struct conf_statement *rules = conf_find(&s->block, "rules");
	struct clause *clauses;

	if (!rules)
		return;
	(void)policy_read_rules(b->arena, rules, b->region, m->plugins, m->name,
	                        &clauses, &m->clause_count, b->wrong);
	m->clauses = clauses;
}

static void build_needs(struct build *b, const struct conf_statement *s,
                        struct service *service)
{
	struct clause *needs =
	    arena_array(b->arena, struct clause, s->block.count);
	size_t count = 0;

	for (const struct conf_statement *n = conf_find(&s->block, "needs"); n;
	     n = conf_next(&s->block, n))
		(void)policy_read_needs(b->arena, n, b->region, &needs[count++],
		                        b->wrong);
	service->needs = needs;
	service->need_count = count;
}

void build_rules(struct build *b)
{
	struct municipality *m =
	    (struct municipality *)(uintptr_t)b->region->municipalities;
	struct service *service =
	    (struct service *)(uintptr_t)b->region->services;

	for (const struct conf_statement *s = conf_find(b->top, "municipality");
	     s; s = conf_next(b->top, s))
		build_rule_block(b, s, m++);
	for (const struct conf_statement *s = conf_find(b->top, "service"); s;
	     s = conf_next(b->top, s))
		build_needs(b, s, service++);
}

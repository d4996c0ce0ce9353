/* SPDX-License-Identifier: AGPL-3.0-or-later
 * policy_parse.c: parses `rules { }` and `require` into rules and requirements:
 *
 *	AFFILIATION may [not] enter SERVICE ... [when CONDITION [and CONDITION
 *...]]
 *
 * Errors are reported with their line and column; nothing is evaluated here. */
#include "region/config/policy_parse.h"

#include <string.h>

#include "lib/conf/conf_schema.h"
#include "lib/strbuf.h"
#include "plugins/built-in.h"
#include "region/config/affiliation_type.h"
#include "region/config/config_build.h"

static const struct portvakt_plugin *const builtin_plugins[] = {
	&portvakt_network, &portvakt_hours,         &portvakt_position,
	&portvakt_until,   &portvakt_second_factor,
};

const struct portvakt_condition *policy_builtin_condition(const char *name)
{
	for (size_t i = 0; i < LENGTH(builtin_plugins); i++)
		for (const struct portvakt_condition *w =
		         builtin_plugins[i]->conditions;
		     w->name; w++)
			if (text_equal(w->name, name))
				return w;
	return NULL;
}

const struct portvakt_condition *policy_builtin_condition_at(size_t i)
{
	for (size_t p = 0; p < LENGTH(builtin_plugins); p++)
		for (const struct portvakt_condition *w =
		         builtin_plugins[p]->conditions;
		     w->name; w++)
			if (i-- == 0)
				return w;
	return NULL;
}

/* Parser state: one statement and the index of its next token. */
struct policy_parser {
	struct arena *arena;
	const struct conf_statement *statement;
	size_t at;
	const struct config *cfg;
	char **plugins; /* of the municipality; the region's are always
	                   included */
	const char *plugin_host;
	bool
	    rules_only; /* unmet conditions are no error: policies are tested */
	struct conf_errors *errors;
};

static const char *policy_parser_peek(const struct policy_parser *g)
{
	return conf_syntax_arg(g->statement, g->at);
}

static bool policy_parser_accept(struct policy_parser *g, const char *token)
{
	if (!text_equal(policy_parser_peek(g), token))
		return false;
	g->at++;
	return true;
}

/* ---- conditions */

/* A plugin defines the condition with its own name and those that start with
 * its name and a hyphen. */
static bool plugin_defines(const char *plugin, const char *condition)
{
	size_t length = strlen(plugin);

	return text_starts(condition, plugin) &&
	       (condition[length] == '\0' || condition[length] == '-');
}

static bool any_plugin_defines(char **plugins, const char *condition)
{
	for (; plugins && *plugins; plugins++)
		if (plugin_defines(*plugins, condition))
			return true;
	return false;
}

static void report_unknown_condition(const struct policy_parser *g,
                                     const char *name)
{
	VECTOR(const char *) known = { 0 };

	for (size_t i = 0; policy_builtin_condition_at(i); i++)
		*vector_append(g->arena, &known) =
		    policy_builtin_condition_at(i)->name;
	for (char **p = g->plugins; p && *p; p++)
		*vector_append(g->arena, &known) = *p;
	for (char **p = g->cfg->plugins; p && *p; p++)
		*vector_append(g->arena, &known) = *p;
	*vector_append(g->arena, &known) = NULL;
	conf_error_add(g->errors, g->statement, g->at,
	               "no plugin defines the condition \"%s\"%s", name,
	               conf_did_you_mean(g->arena, name, known.at));
}

/* Selects the evaluator: built-in, the municipality's plugin host, or the
 * region's. */
static bool policy_resolve_condition(const struct policy_parser *g,
                                     struct condition *c)
{
	c->built_in = policy_builtin_condition(c->name);
	if (c->built_in)
		return true;
	if (any_plugin_defines(g->plugins, c->name))
		c->plugin_host = g->plugin_host;
	else if (any_plugin_defines(g->cfg->plugins, c->name))
		c->plugin_host = "region";
	else
		report_unknown_condition(g, c->name);
	return c->plugin_host != NULL;
}

/* The condition `from` cannot check its arguments without the configuration. */
static void policy_check_networks(const struct policy_parser *g,
                                  const struct condition *c, size_t first)
{
	VECTOR(const char *) known = { 0 };

	if (!text_equal(c->name, "from"))
		return;
	for (size_t i = 0; i < g->cfg->network_count; i++)
		*vector_append(g->arena, &known) = g->cfg->networks[i].name;
	*vector_append(g->arena, &known) = NULL;
	for (size_t i = 0; i < c->count; i++)
		if (!config_network_for(
			g->cfg, config_municipality(g->cfg, g->plugin_host),
			c->arguments[i]))
			conf_error_add(
			    g->errors, g->statement, first + i,
			    "there is no network \"%s\"%s", c->arguments[i],
			    conf_did_you_mean(g->arena, c->arguments[i],
			                      known.at));
}

static void policy_check_arguments(const struct policy_parser *g,
                                   const struct condition *c, size_t first)
{
	const char *expected = "no arguments";
	size_t bad = c->count > 0 ? 1 : 0;

	if (c->built_in->validate)
		bad = c->built_in->validate(
		    c->count, (const char *const *)c->arguments, &expected);
	if (bad > 0 && bad <= c->count)
		conf_error_add(g->errors, g->statement, first + bad - 1,
		               "%s expects %s, not \"%s\"", c->name, expected,
		               c->arguments[bad - 1]);
	else if (bad > 0)
		conf_error_add(g->errors, g->statement, first - 1,
		               "%s expects %s", c->name, expected);
	else
		policy_check_networks(g, c, first);
}

/* Conditions that no login method can meet: a rule with one refuses
 * everyone. */
static const struct {
	const char *name, *cause;
} unmet_conditions[] = {
	{ "second-factor", "no login method has a second factor" },
};

static void policy_check_is_met(const struct policy_parser *g,
                                const struct condition *c, size_t at)
{
	for (size_t i = 0; !g->rules_only && i < LENGTH(unmet_conditions); i++)
		if (text_equal(c->name, unmet_conditions[i].name))
			conf_error_add(g->errors, g->statement, at,
			               "%s can never be met, so no one could "
			               "enter: %s",
			               c->name, unmet_conditions[i].cause);
}

static void policy_parse_condition(struct policy_parser *g, struct condition *c)
{
	size_t first = g->at + 1;

	c->name = arena_strdup(g->arena, policy_parser_peek(g));
	bool known = policy_resolve_condition(g, c);

	c->arguments = arena_array(g->arena, char *, g->statement->arg_count);
	for (g->at++;
	     policy_parser_peek(g) && !text_equal(policy_parser_peek(g), "and");
	     g->at++)
		c->arguments[c->count++] =
		    arena_strdup(g->arena, policy_parser_peek(g));
	if (known && c->built_in)
		policy_check_arguments(g, c, first);
	policy_check_is_met(g, c, first - 1);
}

/* CONDITION [and CONDITION ...], up to the end of the line. */
static void policy_parse_conditions(struct policy_parser *g,
                                    struct policy_rule *rule)
{
	rule->conditions =
	    arena_array(g->arena, struct condition, g->statement->arg_count);
	for (;;) {
		if (!policy_parser_peek(g) ||
		    text_equal(policy_parser_peek(g), "and")) {
			conf_error_add(g->errors, g->statement, g->at,
			               "a condition is missing after \"%s\"",
			               g->statement->args[g->at - 1]);
			return;
		}
		policy_parse_condition(
		    g, &rule->conditions[rule->condition_count++]);
		if (!policy_parser_accept(g, "and"))
			return;
	}
}

/* ---- rules */

static void policy_parse_subject(struct policy_parser *g,
                                 struct policy_rule *rule)
{
	static const char *const known[] = { "employees", "teachers",
		                             "pupils",    "politicians",
		                             "guests",    "vendors",
		                             "role",      NULL };
	const char *token = policy_parser_peek(g);

	if (policy_parser_accept(g, "role")) {
		rule->role = arena_strdup(g->arena, policy_parser_peek(g));
		if (rule->role)
			g->at++;
		return;
	}
	rule->kind = affiliation_type_from_plural(token);
	if (rule->kind == KIND_NONE)
		conf_error_add(g->errors, g->statement, g->at,
		               "a rule begins with an affiliation type; \"%s\" "
		               "is unknown%s",
		               token,
		               conf_did_you_mean(g->arena, token, known));
	g->at++;
}

static bool policy_parse_effect(struct policy_parser *g,
                                struct policy_rule *rule)
{
	bool may = policy_parser_accept(g, "may");

	rule->is_deny = may && policy_parser_accept(g, "not");
	if (may && policy_parser_accept(g, "enter"))
		return true;
	conf_error_add(g->errors, g->statement, g->at,
	               "usage: AFFILIATION may [not] enter SERVICE ... "
	               "[when CONDITION]");
	return false;
}

static void report_unknown_service(const struct policy_parser *g,
                                   const char *name)
{
	VECTOR(const char *) known = { 0 };

	*vector_append(g->arena, &known) = "portal";
	*vector_append(g->arena, &known) = "any";
	for (size_t i = 0; i < g->cfg->service_count; i++)
		*vector_append(g->arena, &known) = g->cfg->services[i].name;
	*vector_append(g->arena, &known) = NULL;
	conf_error_add(g->errors, g->statement, g->at,
	               "there is no service \"%s\"%s", name,
	               conf_did_you_mean(g->arena, name, known.at));
}

static void policy_parse_services(struct policy_parser *g,
                                  struct policy_rule *rule)
{
	size_t count = 0;

	rule->services =
	    arena_array(g->arena, char *, g->statement->arg_count + 1);
	for (; policy_parser_peek(g) &&
	       !text_equal(policy_parser_peek(g), "when");
	     g->at++) {
		const char *name = policy_parser_peek(g);

		if (!text_equal(name, "portal") && !text_equal(name, "any") &&
		    !config_service(g->cfg, name))
			report_unknown_service(g, name);
		rule->services[count++] = arena_strdup(g->arena, name);
	}
	if (count == 0)
		conf_error_add(g->errors, g->statement, g->at,
		               "a service is missing after \"enter\"");
}

static const char *policy_rule_text(struct arena *a,
                                    const struct conf_statement *s)
{
	struct strbuf line = strbuf_init(a);

	for (size_t i = 0; i < s->arg_count; i++)
		strbuf_appendf(&line, "%s%s", i > 0 ? " " : "", s->args[i]);
	return line.data;
}

static void policy_rule_init(const struct policy_parser *g,
                             struct policy_rule *rule)
{
	*rule = (struct policy_rule){
		.location = config_build_location(g->statement),
		.text = policy_rule_text(g->arena, g->statement)
	};
	rule->services = arena_array(g->arena, char *, 1);
}

static void policy_parse_rule(struct policy_parser *g, struct policy_rule *rule)
{
	policy_rule_init(g, rule);
	policy_parse_subject(g, rule);
	if (!policy_parse_effect(g, rule))
		return;
	policy_parse_services(g, rule);
	if (policy_parser_accept(g, "when"))
		policy_parse_conditions(g, rule);
}

/* Parses the statements of a rules { } block.  Returns false and adds to errors
 * if any are invalid.  plugins: names of the plugins whose conditions
 * plugin_host evaluates. */
static bool policy_parse_rules(const struct config_builder *b,
                               const struct conf_statement *rules,
                               char **plugins, const char *plugin_host,
                               struct policy_rule **ret_rules,
                               size_t *ret_count)
{
	size_t before = b->errors->count;
	size_t count = rules->block.count;
	struct policy_rule *parsed =
	    arena_array(b->arena, struct policy_rule, count);

	for (size_t i = 0; i < count; i++) {
		struct policy_parser g = { .arena = b->arena,
			                   .statement =
			                       &rules->block.statements[i],
			                   .cfg = b->cfg,
			                   .plugins = plugins,
			                   .plugin_host = plugin_host,
			                   .rules_only = b->rules_only,
			                   .errors = b->errors };

		policy_parse_rule(&g, &parsed[i]);
	}
	*ret_rules = parsed;
	*ret_count = count;
	return b->errors->count == before;
}

/* The same for one require line, which has conditions only. */
static bool policy_parse_requirement(const struct config_builder *b,
                                     const struct conf_statement *requirement,
                                     struct policy_rule *ret_rule)
{
	size_t before = b->errors->count;
	struct policy_parser g = { .arena = b->arena,
		                   .statement = requirement,
		                   .at = 1,
		                   .cfg = b->cfg,
		                   .plugin_host = "region",
		                   .rules_only = b->rules_only,
		                   .errors = b->errors };

	policy_rule_init(&g, ret_rule);
	policy_parse_conditions(&g, ret_rule);
	return b->errors->count == before;
}

/* ---- building the configuration */

static void config_build_rule_block(struct config_builder *b,
                                    const struct conf_statement *s,
                                    struct municipality *m)
{
	const struct conf_statement *rules =
	    conf_syntax_find(&s->block, "rules");
	struct policy_rule *parsed;

	if (!rules)
		return;
	(void)policy_parse_rules(b, rules, m->plugins, m->name, &parsed,
	                         &m->rule_count);
	m->rules = parsed;
}

static void config_build_requirements(struct config_builder *b,
                                      const struct conf_statement *s,
                                      struct service *service)
{
	struct policy_rule *requirements =
	    arena_array(b->arena, struct policy_rule, s->block.count);
	size_t count = 0;

	for (const struct conf_statement *n =
	         conf_syntax_find(&s->block, "require");
	     n; n = conf_syntax_next(&s->block, n))
		(void)policy_parse_requirement(b, n, &requirements[count++]);
	service->requirements = requirements;
	service->requirement_count = count;
}

void config_build_rules(struct config_builder *b)
{
	struct municipality *m =
	    (struct municipality *)(uintptr_t)b->cfg->municipalities;
	struct service *service = (struct service *)(uintptr_t)b->cfg->services;

	for (const struct conf_statement *s =
	         conf_syntax_find(b->top, "municipality");
	     s; s = conf_syntax_next(b->top, s))
		config_build_rule_block(b, s, m++);
	for (const struct conf_statement *s =
	         conf_syntax_find(b->top, "service");
	     s; s = conf_syntax_next(b->top, s))
		config_build_requirements(b, s, service++);
}

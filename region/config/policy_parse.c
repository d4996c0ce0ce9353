/* SPDX-License-Identifier: AGPL-3.0-or-later
 * policy_parse.c: parses `rules { }` and `require` into rules and requirements:
 *
 *	[trial] SUBJECT may [not|always] enter SERVICE ...
 *	    [when EXPRESSION] [unless EXPRESSION]
 *
 * Errors are reported with their line and column; nothing is evaluated here. */
#include "region/config/policy_parse.h"

#include <string.h>

#include "lib/strbuf.h"
#include "region/config/affiliation_type.h"
#include "region/config/policy_parser.h"

/* ---- rules */

static const char *const rule_subjects[] = {
	"employees", "teachers", "pupils", "politicians", "guests",
	"vendors",   "role",     "trial",  "everybody",   NULL
};

static void policy_parse_role(struct policy_parser *g, struct policy_rule *rule)
{
	const char *name = policy_parser_peek(g);

	rule->role = arena_strdup(g->arena, name);
	if (!name)
		return;
	if (!config_municipality_has_role(g->municipality, name))
		conf_error_add(
		    g->errors, g->statement, g->at,
		    "there is no role \"%s\" in people { } or role NAME%s",
		    name,
		    policy_parser_suggest(
			g, name,
			config_municipality_roles(g->arena, g->municipality)));
	g->at++;
}

static void policy_parse_subject(struct policy_parser *g,
                                 struct policy_rule *rule)
{
	const char *token = policy_parser_peek(g);

	if (policy_parser_accept(g, "role")) {
		policy_parse_role(g, rule);
		return;
	}
	rule->is_for_everyone = policy_parser_accept(g, "everybody");
	if (rule->is_for_everyone)
		return;
	rule->kind = affiliation_type_from_plural(token);
	if (rule->kind == KIND_NONE)
		conf_error_add(
		    g->errors, g->statement, g->at,
		    "a rule begins with an affiliation type, role NAME or "
		    "everybody; \"%s\" is unknown%s",
		    token ? token : "",
		    policy_parser_suggest(g, token ? token : "",
		                          rule_subjects));
	g->at++;
}

static bool policy_parse_effect(struct policy_parser *g,
                                struct policy_rule *rule)
{
	static const char *const expected[] = { "may", "not", "always", "enter",
		                                NULL };
	bool may = policy_parser_accept(g, "may");

	rule->is_deny = may && policy_parser_accept(g, "not");
	rule->is_always =
	    may && !rule->is_deny && policy_parser_accept(g, "always");
	if (may && policy_parser_accept(g, "enter"))
		return true;
	conf_error_add(g->errors, g->statement, g->at,
	               "usage: SUBJECT may [not|always] enter SERVICE ... "
	               "[when CONDITION] [unless CONDITION]%s",
	               policy_parser_suggest(
			   g,
			   policy_parser_peek(g) ? policy_parser_peek(g) : "",
			   expected));
	return false;
}

static void report_unknown_service(const struct policy_parser *g,
                                   const char *name)
{
	VECTOR(const char *) known = { 0 };

	*vector_append(g->arena, &known) = "portal";
	*vector_append(g->arena, &known) = "any";
	*vector_append(g->arena, &known) = "when";
	*vector_append(g->arena, &known) = "unless";
	for (size_t i = 0; i < g->cfg->service_count; i++)
		*vector_append(g->arena, &known) = g->cfg->services[i].name;
	for (size_t i = 0; i < g->cfg->service_group_count; i++)
		*vector_append(g->arena, &known) =
		    g->cfg->service_groups[i].name;
	*vector_append(g->arena, &known) = NULL;
	conf_error_add(g->errors, g->statement, g->at,
	               "there is no service \"%s\"%s", name,
	               policy_parser_suggest(g, name, known.at));
}

static bool is_clause_keyword(const char *token)
{
	return text_equal(token, "when") || text_equal(token, "unless");
}

static void policy_check_service(const struct policy_parser *g,
                                 const char *name)
{
	const struct service *service = config_service(g->cfg, name);

	if (text_equal(name, "portal") || text_equal(name, "any"))
		return;
	if (!service)
		report_unknown_service(g, name);
	else if (!service_is_offered_to(service, g->municipality->name))
		conf_error_add(g->errors, g->statement, g->at,
		               "the region does not offer \"%s\" to %s", name,
		               g->municipality->name);
}

/* A name of a rule: "portal", "any", a service or a group of services. */
static void policy_parse_service(struct policy_parser *g, const char *name,
                                 struct text_list *to)
{
	const struct service_group *group =
	    config_service_group(g->cfg, g->municipality, name);

	for (char **s = group ? group->services : NULL; s && *s; s++)
		*vector_append(g->arena, to) = *s;
	if (group)
		return;
	policy_check_service(g, name);
	*vector_append(g->arena, to) = arena_strdup(g->arena, name);
}

static void policy_parse_services(struct policy_parser *g,
                                  struct policy_rule *rule)
{
	struct text_list services = { 0 };

	for (;
	     policy_parser_peek(g) && !is_clause_keyword(policy_parser_peek(g));
	     g->at++)
		policy_parse_service(g, policy_parser_peek(g), &services);
	if (services.count == 0)
		conf_error_add(g->errors, g->statement, g->at,
		               "a service is missing after \"enter\"");
	*vector_append(g->arena, &services) = NULL;
	rule->services = services.at;
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
	rule->conditions =
	    arena_array(g->arena, struct condition, g->statement->arg_count);
}

static void policy_parse_rule(struct policy_parser *g, struct policy_rule *rule)
{
	policy_rule_init(g, rule);
	rule->is_trial = policy_parser_accept(g, "trial");
	policy_parse_subject(g, rule);
	if (!policy_parse_effect(g, rule))
		return;
	policy_parse_services(g, rule);
	policy_parse_clauses(g, rule);
}

/* Parses the statements of a rules { } block into the rules of m; its plugin
 * host evaluates the conditions of its plugins. */
static void policy_parse_rules(const struct config_builder *b,
                               const struct conf_statement *rules,
                               struct municipality *m)
{
	size_t count = rules->block.count;
	struct policy_rule *parsed =
	    arena_array(b->arena, struct policy_rule, count);

	for (size_t i = 0; i < count; i++) {
		struct policy_parser g = { .arena = b->arena,
			                   .statement =
			                       &rules->block.statements[i],
			                   .cfg = b->cfg,
			                   .municipality = m,
			                   .rules_only = b->rules_only,
			                   .errors = b->errors };

		policy_parse_rule(&g, &parsed[i]);
	}
	m->rules = parsed;
	m->rule_count = count;
}

/* The same for one require line, which has conditions only. */
static void policy_parse_requirement(const struct config_builder *b,
                                     const struct conf_statement *requirement,
                                     struct policy_rule *ret_rule)
{
	struct policy_parser g = { .arena = b->arena,
		                   .statement = requirement,
		                   .at = 1,
		                   .cfg = b->cfg,
		                   .rules_only = b->rules_only,
		                   .errors = b->errors };

	policy_rule_init(&g, ret_rule);
	policy_parse_expression(&g, ret_rule, false);
	policy_parse_clauses(&g, ret_rule);
}

/* ---- building the configuration */

static void config_build_rule_block(struct config_builder *b,
                                    const struct conf_statement *s,
                                    struct municipality *m)
{
	const struct conf_statement *rules =
	    conf_syntax_find(&s->block, "rules");

	if (rules)
		policy_parse_rules(b, rules, m);
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
		policy_parse_requirement(b, n, &requirements[count++]);
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

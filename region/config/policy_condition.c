/* SPDX-License-Identifier: AGPL-3.0-or-later
 * policy_condition.c: parses the conditions of a rule or a requirement:
 *
 *	[when EXPRESSION] [unless EXPRESSION]
 *	EXPRESSION: TERMS [or TERMS ...]     TERMS: TERM [and TERM ...]
 *	TERM: [not] CONDITION [ARGUMENT ...]
 */
#include <string.h>

#include "lib/conf/conf_schema.h"
#include "lib/strbuf.h"
#include "plugins/built-in.h"
#include "region/config/policy_parser.h"
#include "region/plugin/plugin_file.h"

static const struct portvakt_plugin *const builtin_plugins[] = {
	&portvakt_network, &portvakt_hours,    &portvakt_weekday,
	&portvakt_date,    &portvakt_validity, &portvakt_position,
	&portvakt_role,    &portvakt_unit,     &portvakt_second_factor,
};

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

const struct portvakt_condition *policy_builtin_condition(const char *name)
{
	const struct portvakt_condition *w;

	for (size_t i = 0; (w = policy_builtin_condition_at(i)); i++)
		if (text_equal(w->name, name))
			return w;
	return NULL;
}

/* ---- tokens */

const char *policy_parser_peek(const struct policy_parser *g)
{
	return conf_syntax_arg(g->statement, g->at);
}

bool policy_parser_accept(struct policy_parser *g, const char *token)
{
	if (!text_equal(policy_parser_peek(g), token))
		return false;
	g->at++;
	return true;
}

/* Words that people try, and what the language has for them. */
static const struct {
	const char *tried, *instead;
} policy_substitutes[] = {
	{ "outside", "not from NETWORK, or not between HH:MM-HH:MM" },
	{ "inside", "from NETWORK" },
	{ "within", "from NETWORK" },
	{ "at", "between HH:MM-HH:MM" },
	{ "after", "since DATE, or between HH:MM-24:00" },
	{ "before", "until DATE, or between 00:00-HH:MM" },
	{ "in", "from NETWORK, unit NAME or role NAME" },
	{ "member", "role NAME" },
	{ "group", "role NAME" },
	{ "school", "unit NAME" },
	{ "if", "when" },
	{ "except", "unless" },
	{ "but", "unless" },
	{ "without", "not" },
	{ "monday", "on monday" },
	{ "tuesday", "on tuesday" },
	{ "wednesday", "on wednesday" },
	{ "thursday", "on thursday" },
	{ "friday", "on friday" },
	{ "saturday", "on saturday" },
	{ "sunday", "on sunday" },
	{ "weekdays", "on monday-friday" },
	{ "weekends", "on saturday-sunday" },
	{ "mfa", "second-factor" },
	{ "everyone", "everybody" },
	{ "all", "everybody" },
	{ "anyone", "everybody" },
	{ "people", "everybody" },
	{ "can", "may" },
	{ "must", "may" },
	{ "never", "not" },
	{ "access", "enter" },
	{ "use", "enter" },
};

const char *policy_parser_suggest(const struct policy_parser *g,
                                  const char *token, const char *const *known)
{
	if (strpbrk(token, "()"))
		return "; there are no parentheses: write two rules";
	for (size_t i = 0; i < LENGTH(policy_substitutes); i++)
		if (text_equal(policy_substitutes[i].tried, token))
			return arena_printf(g->arena, "; use \"%s\"",
			                    policy_substitutes[i].instead);
	return conf_did_you_mean(g->arena, token, known);
}

static bool is_connective(const char *token)
{
	static const char *const connectives[] = { "and", "or", "when",
		                                   "unless" };

	for (size_t i = 0; i < LENGTH(connectives); i++)
		if (text_equal(connectives[i], token))
			return true;
	return false;
}

/* ---- which evaluator */

static bool any_plugin_defines(const struct plugin_conf *plugins, size_t count,
                               const char *condition)
{
	for (size_t i = 0; i < count; i++)
		if (plugin_defines_condition(plugins[i].name, condition))
			return true;
	return false;
}

/* Returns who evaluates the condition of a plugin: the municipality's plugin
 * host, or the region's; NULL: no plugin defines it. */
static const char *find_plugin_host(const struct policy_parser *g,
                                    const char *condition)
{
	const struct municipality *m = g->municipality;

	if (m && any_plugin_defines(m->plugins, m->plugin_count, condition))
		return m->name;
	return any_plugin_defines(g->cfg->plugins, g->cfg->plugin_count,
	                          condition)
	           ? "region"
	           : NULL;
}

static void report_unknown_condition(const struct policy_parser *g,
                                     const char *name)
{
	VECTOR(const char *) known = { 0 };

	for (size_t i = 0; policy_builtin_condition_at(i); i++)
		*vector_append(g->arena, &known) =
		    policy_builtin_condition_at(i)->name;
	for (size_t i = 0; g->municipality && i < g->municipality->plugin_count;
	     i++)
		*vector_append(g->arena, &known) =
		    g->municipality->plugins[i].name;
	for (size_t i = 0; i < g->cfg->plugin_count; i++)
		*vector_append(g->arena, &known) = g->cfg->plugins[i].name;
	*vector_append(g->arena, &known) = NULL;
	conf_error_add(g->errors, g->statement, g->at,
	               "no plugin defines the condition \"%s\"%s", name,
	               policy_parser_suggest(g, name, known.at));
}

/* Selects the evaluator: built-in, the municipality's plugin host, or the
 * region's. */
static bool policy_resolve_condition(const struct policy_parser *g,
                                     struct condition *c)
{
	c->built_in = policy_builtin_condition(c->name);
	if (c->built_in)
		return true;
	c->plugin_host = find_plugin_host(g, c->name);
	if (!c->plugin_host)
		report_unknown_condition(g, c->name);
	return c->plugin_host != NULL;
}

/* ---- arguments that name something of the configuration */

static const char *const *known_networks(const struct policy_parser *g)
{
	VECTOR(const char *) known = { 0 };

	*vector_append(g->arena, &known) = "service-networks";
	for (size_t i = 0; i < g->cfg->network_count; i++)
		*vector_append(g->arena, &known) = g->cfg->networks[i].name;
	for (size_t i = 0;
	     g->municipality && i < g->municipality->network_count; i++)
		*vector_append(g->arena, &known) =
		    g->municipality->networks[i].name;
	*vector_append(g->arena, &known) = NULL;
	return known.at;
}

static bool is_network(const struct policy_parser *g, const char *name)
{
	return text_equal(name, "service-networks") ||
	       config_network_for(g->cfg, g->municipality, name);
}

static bool is_role(const struct policy_parser *g, const char *name)
{
	return !g->municipality ||
	       config_municipality_has_role(g->municipality, name);
}

static const char *const *known_roles(const struct policy_parser *g)
{
	return config_municipality_roles(g->arena, g->municipality);
}

static const struct named_argument {
	const char *condition, *what, *where;
	bool (*exists)(const struct policy_parser *g, const char *name);
	const char *const *(*known)(const struct policy_parser *g);
} named_arguments[] = {
	{ "from", "network", "", is_network, known_networks },
	{ "role", "role", " in people { } or role NAME", is_role, known_roles },
};

static void policy_check_names(const struct policy_parser *g,
                               const struct condition *c, size_t first,
                               const struct named_argument *named)
{
	for (size_t i = 0; i < c->count; i++)
		if (!named->exists(g, c->arguments[i]))
			conf_error_add(g->errors, g->statement, first + i,
			               "there is no %s \"%s\"%s%s", named->what,
			               c->arguments[i], named->where,
			               policy_parser_suggest(g, c->arguments[i],
			                                     named->known(g)));
}

static void policy_check_named_arguments(const struct policy_parser *g,
                                         const struct condition *c,
                                         size_t first)
{
	for (size_t i = 0; i < LENGTH(named_arguments); i++)
		if (text_equal(named_arguments[i].condition, c->name))
			policy_check_names(g, c, first, &named_arguments[i]);
}

static void policy_check_arguments(const struct policy_parser *g,
                                   const struct condition *c, size_t first)
{
	static const char *const nothing[] = { NULL };
	const char *expected = "no arguments";
	size_t bad = c->count > 0 ? 1 : 0;

	if (c->built_in->validate)
		bad = c->built_in->validate(
		    c->count, (const char *const *)c->arguments, &expected);
	if (bad > 0 && bad <= c->count)
		conf_error_add(
		    g->errors, g->statement, first + bad - 1,
		    "%s expects %s, not \"%s\"%s", c->name, expected,
		    c->arguments[bad - 1],
		    policy_parser_suggest(g, c->arguments[bad - 1], nothing));
	else if (bad > 0)
		conf_error_add(g->errors, g->statement, first - 1,
		               "%s expects %s", c->name, expected);
	else
		policy_check_named_arguments(g, c, first);
}

/* ---- conditions that no login method can meet */

static const struct {
	const char *name, *cause;
} unmet_conditions[] = {
	{ "second-factor", "no login method has a second factor" },
};

/* Returns the cause for which this condition is never true, or NULL. */
static const char *condition_unmet_cause(const struct condition *c)
{
	for (size_t i = 0; !c->is_negated && i < LENGTH(unmet_conditions); i++)
		if (text_equal(c->name, unmet_conditions[i].name))
			return unmet_conditions[i].cause;
	return NULL;
}

/* Returns the first condition of this alternative of `when` that is never met,
 * or NULL. */
static const struct condition *alternative_unmet(const struct policy_rule *rule,
                                                 size_t alternative)
{
	for (size_t i = 0; i < rule->condition_count; i++)
		if (!rule->conditions[i].is_exception &&
		    rule->conditions[i].alternative == alternative &&
		    condition_unmet_cause(&rule->conditions[i]))
			return &rule->conditions[i];
	return NULL;
}

/* An error if no alternative of `when` can be met. */
static void policy_check_is_met(const struct policy_parser *g,
                                const struct policy_rule *rule,
                                size_t alternatives)
{
	const struct condition *unmet = NULL;

	for (size_t i = 0; i < alternatives; i++) {
		unmet = alternative_unmet(rule, i);
		if (!unmet)
			return;
	}
	if (!g->rules_only)
		conf_error_add(g->errors, g->statement, unmet->token,
		               "%s can never be met, so %s: %s", unmet->name,
		               rule->is_deny ? "this rule would never apply"
		                             : "no one could enter",
		               condition_unmet_cause(unmet));
}

/* ---- expressions */

static void policy_parse_term(struct policy_parser *g, struct condition *c)
{
	c->is_negated = policy_parser_accept(g, "not");
	if (!policy_parser_peek(g) || is_connective(policy_parser_peek(g))) {
		conf_error_add(g->errors, g->statement, g->at,
		               "a condition is missing after \"%s\"",
		               g->statement->args[g->at - 1]);
		return;
	}
	size_t first = g->at + 1;

	c->token = g->at;
	c->name = arena_strdup(g->arena, policy_parser_peek(g));
	bool known = policy_resolve_condition(g, c);

	c->arguments = arena_array(g->arena, char *, g->statement->arg_count);
	for (g->at++;
	     policy_parser_peek(g) && !is_connective(policy_parser_peek(g));
	     g->at++)
		c->arguments[c->count++] =
		    arena_strdup(g->arena, policy_parser_peek(g));
	if (known && c->built_in)
		policy_check_arguments(g, c, first);
}

void policy_parse_expression(struct policy_parser *g, struct policy_rule *rule,
                             bool is_exception)
{
	size_t alternative = 0;

	for (;;) {
		struct condition *c =
		    &rule->conditions[rule->condition_count++];

		*c = (struct condition){ .name = "",
			                 .arguments =
			                     arena_array(g->arena, char *, 1),
			                 .is_exception = is_exception,
			                 .alternative = alternative };
		policy_parse_term(g, c);
		if (policy_parser_accept(g, "or"))
			alternative++;
		else if (!policy_parser_accept(g, "and"))
			break;
	}
	if (!is_exception)
		policy_check_is_met(g, rule, alternative + 1);
}

void policy_parse_clauses(struct policy_parser *g, struct policy_rule *rule)
{
	if (policy_parser_accept(g, "when"))
		policy_parse_expression(g, rule, false);
	if (policy_parser_accept(g, "unless"))
		policy_parse_expression(g, rule, true);
	if (policy_parser_peek(g))
		conf_error_add(
		    g->errors, g->statement, g->at,
		    "\"%s\" must not stand here: a rule has one "
		    "when, and then one unless; conditions are joined "
		    "by and or or",
		    policy_parser_peek(g));
}

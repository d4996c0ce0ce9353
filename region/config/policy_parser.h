/* SPDX-License-Identifier: AGPL-3.0-or-later
 * policy_parser.h: private to the files that parse rules: the state of one
 * statement, its conditions, and the keyword that is meant by another one. */
#ifndef REGION_CONFIG_POLICY_PARSER_H
#define REGION_CONFIG_POLICY_PARSER_H

#include "region/config/config_build.h"

/* One statement and the index of its next token. */
struct policy_parser {
	struct arena *arena;
	const struct conf_statement *statement;
	size_t at;
	const struct config *cfg;
	const struct municipality *municipality; /* NULL: the region */
	bool
	    rules_only; /* unmet conditions are no error: policies are tested */
	struct conf_errors *errors;
};

/* Returns the next token, or NULL at the end of the line. */
const char *policy_parser_peek(const struct policy_parser *g);
/* Advances and returns true if the next token is this one. */
bool policy_parser_accept(struct policy_parser *g, const char *token);

/* Appends the conditions of `[when EXPRESSION] [unless EXPRESSION]`, up to the
 * end of the line, to those of rule, whose array has room for one for each
 * argument of the statement. */
void policy_parse_clauses(struct policy_parser *g, struct policy_rule *rule);
/* The same for one expression without its keyword. */
void policy_parse_expression(struct policy_parser *g, struct policy_rule *rule,
                             bool is_exception);

/* Returns what to write in place of a token that people try, as "; write ...",
 * else a keyword of known that is similar, as "; did you mean ...", else "". */
const char *policy_parser_suggest(const struct policy_parser *g,
                                  const char *token, const char *const *known);

#endif

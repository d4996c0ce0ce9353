/* SPDX-License-Identifier: AGPL-3.0-or-later
 * policy_parse.h: parses `rules { }` and `require` into rules and
 * requirements. */
#ifndef REGION_CONFIG_POLICY_PARSE_H
#define REGION_CONFIG_POLICY_PARSE_H

#include "plugins/portvakt-plugin.h"
#include "region/config/config.h"

/* One condition after `when`, `unless` or `require`. */
struct condition {
	const char *name;
	bool is_negated;   /* `not` precedes it */
	bool is_exception; /* it belongs to `unless` */
	/* Conditions of one number are joined by `and`; the numbers, from 0 in
	 * `when` and again in `unless`, are joined by `or`. */
	size_t alternative;
	size_t token;     /* index of its name in the statement */
	char **arguments; /* NULL-terminated */
	size_t count;
	/* The built-in condition, or NULL: the plugin host evaluates it. */
	const struct portvakt_condition *built_in;
	const char *plugin_host; /* municipality's name, or "region" */
};

struct policy_rule {
	bool is_deny;
	bool is_always;             /* `may always`: overrides `may not` */
	bool is_trial;              /* evaluated and counted, and not obeyed */
	bool is_for_everyone;       /* applies to each affiliation, else ... */
	enum affiliation_type kind; /* ... to those of this type ... */
	const char *role;           /* ... or to holders of this role */
	/* NULL-terminated, groups of services resolved; "portal" is one, "any"
	 * is each service that is offered to the municipality. */
	char **services;
	/* Those of `when`, then those of `unless`. */
	struct condition *conditions;
	size_t condition_count;
	struct source_location location;
	const char *text; /* the source line, for explanations */
};

/* Returns the built-in condition with this name, or NULL. */
const struct portvakt_condition *policy_builtin_condition(const char *name);
/* Returns the built-in condition at index i, or NULL after the last. */
const struct portvakt_condition *policy_builtin_condition_at(size_t i);

#endif

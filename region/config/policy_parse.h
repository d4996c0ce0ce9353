/* SPDX-License-Identifier: AGPL-3.0-or-later
 * policy_parse.h: parses `rules { }` and `require` into rules and
 * requirements. */
#ifndef REGION_CONFIG_POLICY_PARSE_H
#define REGION_CONFIG_POLICY_PARSE_H

#include "plugins/portvakt-plugin.h"
#include "region/config/config.h"

/* One condition after `when` or `require`. */
struct condition {
	const char *name;
	char **arguments; /* NULL-terminated */
	size_t count;
	/* The built-in condition, or NULL: the plugin host evaluates it. */
	const struct portvakt_condition *built_in;
	const char *plugin_host; /* municipality's name, or "region" */
};

struct policy_rule {
	bool is_deny;
	enum affiliation_type kind;   /* applies to this affiliation type ... */
	const char *role;             /* ... or to holders of this role */
	char **services;              /* NULL-terminated; "portal" is one */
	struct condition *conditions; /* all must be met */
	size_t condition_count;
	struct source_location location;
	const char *text; /* the source line, for explanations */
};

/* Returns the built-in condition with this name, or NULL. */
const struct portvakt_condition *policy_builtin_condition(const char *name);
/* Returns the built-in condition at index i, or NULL after the last. */
const struct portvakt_condition *policy_builtin_condition_at(size_t i);

#endif

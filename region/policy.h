/* SPDX-License-Identifier: AGPL-3.0-or-later
 * policy_parse.h: parses `rules { }` and `require` into rules and
 * requirements. */
#ifndef REGION_POLICY_H
#define REGION_POLICY_H

#include "plugins/portvakt-plugin.h"
#include "region/region.h"

/* One condition after `when` or `require`. */
struct condition {
	const char *word;
	char **arguments; /* NULL-terminated */
	size_t count;
	/* The built-in condition, or NULL: the plugin host evaluates it. */
	const struct portvakt_word *built_in;
	const char *judge; /* municipality's name, or "region" */
};

struct clause {
	bool may_not;
	enum kind kind;               /* applies to this affiliation type ... */
	const char *role;             /* ... or to holders of this role */
	char **services;              /* NULL-terminated; "portal" is one */
	struct condition *conditions; /* all must be met */
	size_t condition_count;
	struct place place;
	const char *text; /* the source line, for explanations */
};

/* Returns the built-in condition with this name, or NULL. */
const struct portvakt_word *policy_built_in(const char *word);
/* Returns the built-in condition at index i, or NULL after the last. */
const struct portvakt_word *policy_built_in_at(size_t i);

/* Parses the statements of a rules { } block, or one require line, which has
 * conditions only.  Returns false and adds to errors if any are invalid.
 * plugins: names of the plugins whose conditions plugin_host evaluates. */
bool policy_read_rules(struct arena *a, const struct conf_statement *rules,
                       const struct region *r, char **plugins,
                       const char *judge, struct clause **ret_clauses,
                       size_t *ret_count, struct conf_complaints *complaints);
bool policy_read_needs(struct arena *a, const struct conf_statement *needs,
                       const struct region *r, struct clause *ret_clause,
                       struct conf_complaints *complaints);

#endif

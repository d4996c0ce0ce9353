/* SPDX-License-Identifier: AGPL-3.0-or-later
 * policy.h: `rules { }` and `needs` read into clauses. */
#ifndef REGION_POLICY_H
#define REGION_POLICY_H

#include "plugins/portvakt-plugin.h"
#include "region/region.h"

/* One condition behind `when` or `needs`. */
struct condition {
	const char *word;
	char **arguments; /* NULL-terminated */
	size_t count;
	/* The built-in word, or NULL: ask the judge called judge. */
	const struct portvakt_word *built_in;
	const char *judge; /* municipality's name, or "region" */
};

struct clause {
	bool may_not;
	enum kind kind;               /* whom it is about: this kind ... */
	const char *role;             /* ... or who holds this role */
	char **services;              /* NULL-terminated; "portal" is one */
	struct condition *conditions; /* all must hold */
	size_t condition_count;
	struct place place;
	const char *text; /* the line as written, for explanations */
};

/* The word as it ships with Portvakt, or NULL. */
const struct portvakt_word *policy_built_in(const char *word);
/* The i-th of them, from 0; NULL behind the last. */
const struct portvakt_word *policy_built_in_at(size_t i);

/* Reads the statements of a rules { } block, or one needs line (WHO and WHAT
 * left out), adding what is wrong to complaints.  plugins: names of foreign
 * plugins whose words judge `judge` knows. */
bool policy_read_rules(struct arena *a, const struct conf_statement *rules,
                       const struct region *r, char **plugins,
                       const char *judge, struct clause **ret_clauses,
                       size_t *ret_count, struct conf_complaints *complaints);
bool policy_read_needs(struct arena *a, const struct conf_statement *needs,
                       const struct region *r, struct clause *ret_clause,
                       struct conf_complaints *complaints);

#endif

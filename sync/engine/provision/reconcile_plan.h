/* SPDX-License-Identifier: AGPL-3.0-or-later
 * reconcile_plan.h: the changes that one person needs.  The caller holds the
 * lock. */
#ifndef SYNC_ENGINE_PROVISION_RECONCILE_PLAN_H
#define SYNC_ENGINE_PROVISION_RECONCILE_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/json.h"
#include "region/config/config.h"
#include "sync/engine/source/source_entry.h"

enum plan_step_type { STEP_ADD = 0, STEP_CHANGE, STEP_REMOVE };

/* One entry to add, change or remove. */
struct plan_step {
	enum plan_step_type kind;
	bool is_person;
	const char *id, *person;
	const char *
	    current_parent; /* id of its present parent; NULL: correct parent */
	const char *csn;
	const json_t *before, *after;
	const char
	    *sealed_national_id; /* base64 to write; "": delete; NULL: keep */
	const char *join_value;
	const char *directory, *anchor;
	bool done; /* set by apply */
	/* Set by apply: fields that the catalogue rejects and that were left
	 * out, or NULL; whether a required one kept its former value. */
	json_t *refused;
	bool requires;
};

/* The person's tombstone: written before the steps if an affiliation is
 * removed, else after them. */
struct plan_tombstone {
	const json_t *after; /* NULL: remove */
	bool is_changed, is_first;
	bool done; /* set by apply */
};

struct plan {
	const char *person;
	struct plan_step *steps;
	size_t count;
	bool deletes_person; /* the person has no affiliation left */
	struct plan_tombstone tombstone;
};

/* Returns the steps that bring this person's entries to the desired state.
 * checked: keys (source_entry_key) of the entries that the guard has evaluated;
 * of other entries, counted changes are held.  NULL: no such limit. */
struct plan plan_person(struct arena *a, const struct config *cfg,
                        const char *person, const json_t *checked);
/* Returns the person's classified entries in order of precedence. */
const struct source_entry *const *plan_source_entries(struct arena *a,
                                                      const struct config *cfg,
                                                      const char *person,
                                                      size_t *ret_count);
/* Returns steps that add all entries of the person, as if the catalogue were
 * empty.  Active affiliations stay active. */
struct plan plan_full(struct arena *a, const struct config *cfg,
                      const char *person);
/* Returns a line for operators. */
char *plan_step_line(struct arena *a, const struct plan_step *s);

#endif

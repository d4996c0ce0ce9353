/* SPDX-License-Identifier: AGPL-3.0-or-later
 * plan_private.h: the affiliations of one person while they are planned. */
#ifndef SYNC_ENGINE_PROVISION_PLAN_PRIVATE_H
#define SYNC_ENGINE_PROVISION_PLAN_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/json.h"
#include "region/config/config.h"
#include "sync/engine/provision/affiliation_proof.h"
#include "sync/engine/source/classify.h"
#include "sync/engine/source/source_entry.h"

/* One affiliation, as it is and as it should be. */
struct planned_affiliation {
	const char *id, *directory, *anchor, *csn;
	const char *current_parent; /* id of its present parent */
	const char *person;
	struct affiliation_proof proof;
	const json_t *before;
	const struct source_entry *entry; /* NULL: deleted */
	struct classification classification;
	bool is_classified, is_excluded;
	bool is_unproved;    /* its join of another municipality's person */
	int held;            /* what is held (enum hold_mask) */
	const json_t *after; /* NULL: remove, or never created */
};

/* Returns the affiliations of the person by id, allocated in a; none for an
 * unknown person.  checked: as for plan_person(). */
struct planned_affiliation *plan_load_affiliations(struct arena *a,
                                                   const struct config *cfg,
                                                   const char *person,
                                                   const json_t *checked,
                                                   size_t *ret_count);

#endif

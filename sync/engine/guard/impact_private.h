/* SPDX-License-Identifier: AGPL-3.0-or-later
 * impact_private.h: a dirty row being assessed.  The caller holds the lock. */
#ifndef SYNC_ENGINE_GUARD_IMPACT_PRIVATE_H
#define SYNC_ENGINE_GUARD_IMPACT_PRIVATE_H

#include <stdbool.h>

#include "lib/arena.h"
#include "lib/json.h"
#include "region/config/config.h"
#include "sync/engine/source/classify.h"
#include "sync/engine/source/source_entry.h"

/* A dirty row being assessed. */
struct impact_row {
	struct arena *arena;
	const struct config *cfg;
	const char *directory, *anchor;
	const char *cause; /* NULL: the source changed it */
	const struct source_entry *entry;
	struct classification classification;
	bool is_classified, is_disabled;
	const char *affiliation, *person;
	const json_t *before, *after;
	json_t *source_flags; /* flags of directories */
	int held;             /* enum hold_mask */
	bool found;
	bool is_newcomer;  /* created less than 45 days ago */
	bool is_active;    /* before */
	bool is_continued; /* a new entry takes the affiliation over */
	/* Where its effects are counted; set with the first one. */
	const char *kind, *unit, *ou;
};

/* Load the affiliation to compare with: that of the row's entry, or another
 * one.  Returns false if there is none in the catalogue. */
bool impact_load_own(struct impact_row *l);
bool impact_load_affiliation(struct impact_row *l, const char *id);

#endif

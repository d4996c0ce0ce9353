/* SPDX-License-Identifier: AGPL-3.0-or-later
 * classify.h: classification of a source entry by its municipality's people {
 * }. */
#ifndef SYNC_ENGINE_SOURCE_CLASSIFY_H
#define SYNC_ENGINE_SOURCE_CLASSIFY_H

#include <stdbool.h>

#include "lib/arena.h"
#include "region/config/affiliation_type.h"
#include "region/config/config.h"
#include "sync/engine/source/source_entry.h"

struct classification {
	const struct municipality *municipality;
	enum affiliation_type kind;
	const struct people_rule *rule; /* the rule that selects the kind */
	const struct source_mapping
	    *mapping;              /* the people { } with that rule */
	char **roles;              /* sorted, NULL-terminated */
	bool joins_by_national_id; /* join by national-id */
};

/* group_dns: the normalized DNs of the entry's groups, NULL-terminated. Returns
 * false if no people { } selects the entry. */
bool classify_entry(struct arena *a, const struct config *cfg,
                    const struct source_entry *entry, char **group_dns,
                    struct classification *ret_classification);

/* Classifies an entry, which may be NULL, by its groups.  Returns false also if
 * an operator excluded it.  The caller holds the lock. */
bool source_entry_classify(struct arena *a, const struct config *cfg,
                           const struct source_entry *entry,
                           struct classification *ret_classification);
/* Returns whether an operator excluded this entry. */
bool source_entry_is_excluded(struct arena *a, const char *directory,
                              const char *anchor);

#endif

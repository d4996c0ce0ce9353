/* SPDX-License-Identifier: AGPL-3.0-or-later
 * join_private.h: the join of one source entry. */
#ifndef SYNC_ENGINE_CORRELATION_JOIN_PRIVATE_H
#define SYNC_ENGINE_CORRELATION_JOIN_PRIVATE_H

#include <stdbool.h>

#include "lib/arena.h"
#include "region/config/config.h"
#include "sync/engine/source/classify.h"
#include "sync/engine/source/source_entry.h"

/* A source entry being joined. */
struct join_context {
	struct arena *arena;
	const struct config *cfg;
	const struct source_entry *entry;
	const struct classification *classification;
	const char *person;          /* linked person; NULL: none yet */
	const char *excluded_person; /* excluded by an override, or NULL */
	const char *other_person;    /* the only other person with this value */
	const char *reattached;      /* the affiliation that it takes over */
	const char *former_person;   /* person it was linked to before */
};

/* Applies an operator's override of the join.  Returns false if the rules
 * decide; m->excluded_person then is a person that it must not join. */
bool override_apply(struct join_context *m);

#endif

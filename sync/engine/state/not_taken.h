/* SPDX-License-Identifier: AGPL-3.0-or-later
 * not_taken.h: the optional values that were left out, of each entry: which
 * field, why, since when; never the value.  The caller holds the lock. */
#ifndef SYNC_ENGINE_STATE_NOT_TAKEN_H
#define SYNC_ENGINE_STATE_NOT_TAKEN_H

#include "lib/json.h"

/* The cause of a value that the catalogue's server rejected. */
extern const char not_taken_refused[];

/* Replaces the entry's values, {"field": "cause"}, except those that the
 * catalogue's server rejected; one that is known keeps its time. */
void not_taken_set(struct arena *a, const char *directory, const char *anchor,
                   const json_t *found);
/* Replaces the rejected values of the person's entries:
 * [{"field": "", "directory": "", "anchor": ""}, ...]; one without directory
 * and anchor is of all of them. */
void not_taken_set_refused(struct arena *a, const char *person,
                           const json_t *refused);
void not_taken_clear(const char *directory, const char *anchor);

#endif

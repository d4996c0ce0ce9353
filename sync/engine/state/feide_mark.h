/* SPDX-License-Identifier: AGPL-3.0-or-later
 * feide_mark.h: entries of Feide's trees to be updated. */
#ifndef SYNC_ENGINE_STATE_FEIDE_MARK_H
#define SYNC_ENGINE_STATE_FEIDE_MARK_H

#include <stdbool.h>

/* any: whether the configuration has a tree; without one, no entry is marked.
 * Takes the lock. */
void feide_mark_set_enabled(bool any);

/* The caller holds the lock. */
void feide_mark_affiliation(const char *affiliation);
void feide_mark_person(const char *person);
void feide_mark_group_members(const char *group);

#endif

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * groups.h: groups of the source directories, kept in ou=groups. */
#ifndef SYNC_ENGINE_GROUPS_GROUPS_H
#define SYNC_ENGINE_GROUPS_GROUPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"
#include "region/config/config.h"

/* Applies marked changes.  Returns whether there may be more.  Takes the
 * lock. */
bool groups_apply(const struct config *cfg);
/* Marks what is due, and held losses again.  Takes the lock. */
void groups_run_timers(void);
/* Compares ou=groups with what was written; run: the id of this verification.
 * The caller holds the lock.  On error returns false. */
bool group_verify(const struct config *cfg, int64_t run,
                  struct error *err) must_check;
/* Returns whether so many losses at once look like an accident. */
bool group_threshold_exceeded(size_t members_lost, size_t members,
                              size_t groups_lost, size_t groups);

#endif

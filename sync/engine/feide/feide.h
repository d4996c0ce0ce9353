/* SPDX-License-Identifier: AGPL-3.0-or-later
 * feide.h: a norEdu 2.0 tree for each school owner, as Feide requires it
 * (docs.feide.no), built from the catalogue alone. */
#ifndef SYNC_ENGINE_FEIDE_FEIDE_H
#define SYNC_ENGINE_FEIDE_FEIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/error.h"
#include "region/config/config.h"

/* Updates a batch of marked entries.  Returns whether there may be more.  Takes
 * the lock. */
bool feide_apply(const struct config *cfg);
/* Compares the trees with what was written; run: the id of this verification.
 * The caller holds the lock.  On error returns false. */
bool feide_verify(const struct config *cfg, int64_t run,
                  struct error *err) must_check;

/* Writes the organisation, its schools, and schools as bodies.  Takes the lock.
 * On error returns false. */
bool feide_apply_trees(const struct config *cfg, struct error *err) must_check;

#endif

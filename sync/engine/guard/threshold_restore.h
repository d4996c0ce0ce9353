/* SPDX-License-Identifier: AGPL-3.0-or-later
 * threshold_restore.h: the memory of the thresholds in the catalogue.  The
 * caller holds the lock. */
#ifndef SYNC_ENGINE_GUARD_THRESHOLD_RESTORE_H
#define SYNC_ENGINE_GUARD_THRESHOLD_RESTORE_H

#include <stdbool.h>

/* Counts the recent deactivations and other effects that the catalogue
 * remembers, once for each cache.  again: also if it was done before, because
 * another program has written the catalogue. */
void threshold_restore(bool again);

#endif

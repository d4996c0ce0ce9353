/* SPDX-License-Identifier: AGPL-3.0-or-later
 * validity_dates.h: first days, last days, grace periods.  Takes the lock. */
#ifndef SYNC_ENGINE_PROVISION_VALIDITY_DATES_H
#define SYNC_ENGINE_PROVISION_VALIDITY_DATES_H

#include <stdint.h>

#include "region/config/config.h"

/* Marks dirty: affiliations whose grace period ended since last (0: at any
 * time), entries whose wait for a name ended, and those held by a new
 * configuration whose last day came. */
void validity_mark_grace_ends(const struct config *cfg, int64_t last);
void validity_mark_held_last_days(void);
/* Marks affiliations dirty whose first day came since last, or whose last
 * day, of the employment or the account, has come. */
void validity_mark_first_and_last_days(int64_t last);

#endif

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * validity_dates.h: first days, last days, grace periods.  Takes the lock. */
#ifndef SYNC_ENGINE_PROVISION_VALIDITY_DATES_H
#define SYNC_ENGINE_PROVISION_VALIDITY_DATES_H

#include <stdint.h>

#include "region/config/config.h"

/* Marks dirty: affiliations whose grace period ended since last (0: at any
 * time), and entries whose wait for a name ended; accounts that expired. */
void validity_mark_grace_ends(const struct config *cfg, int64_t last);
void validity_mark_expired_accounts(void);
/* Marks affiliations dirty whose first or last day came since last. */
void validity_mark_first_and_last_days(int64_t last);

#endif

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * main_loop.h: the main loop of the provisioner. */
#ifndef SYNC_ENGINE_MAIN_LOOP_H
#define SYNC_ENGINE_MAIN_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "region/config/config.h"

/* The state between two rounds; zero before the first. */
struct main_loop {
	char hash[65];
	int64_t verified_at, deletions_at, groups_at, leavers_at, expiries_at,
	    overrides_at;
	bool orphans_pending; /* to be searched for since the last verification
	                       */
	bool unavailable_logged;
};

/* Runs one round.  Returns whether there may be more to do.  Work interrupted
 * by the end of the process is found by verification in the next first
 * round. */
bool main_loop_run(struct main_loop *loop, const struct config *cfg);

/* Returns whether an action last done at last is due.  A clock set back does
 * not delay it. */
bool main_loop_is_due(int64_t now, int64_t last, int64_t interval);

#endif

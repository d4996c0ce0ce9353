/* SPDX-License-Identifier: AGPL-3.0-or-later
 * main_loop.h: the main loop of the provisioner. */
#ifndef SYNC_WRITER_ROUND_H
#define SYNC_WRITER_ROUND_H

#include "sync/writer/writer.h"

/* The state between two rounds; zero before the first. */
struct round {
	char hash[65];
	int64_t readback_at, graces_at, groups_at, leavers_at, expiries_at,
	    decisions_at;
	bool orphans_wait; /* to be searched for since the last verification */
	bool told_away;
};

/* Runs one round.  Returns whether there may be more to do.  Work interrupted
 * by the end of the process is found by verification in the next first
 * round. */
bool round_go(struct round *o, const struct region *r);

/* Returns whether an action last done at last is due.  A clock set back does
 * not delay it. */
bool round_is_time(int64_t now, int64_t last, int64_t every);

#endif

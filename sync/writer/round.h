/* SPDX-License-Identifier: AGPL-3.0-or-later
 * round.h: one round of the writer, which is done over and over. */
#ifndef SYNC_WRITER_ROUND_H
#define SYNC_WRITER_ROUND_H

#include "sync/writer/writer.h"

/* What the catalogue was last brought up to; zero before the first round. */
struct round {
	char hash[65];
	int64_t readback_at, graces_at, groups_at, leavers_at, expiries_at,
	    decisions_at;
	bool orphans_wait; /* to be looked for since the last reading back */
	bool told_away;
};

/* True when something was done, and there may be more.  Whatever it was in
 * the middle of when the process ended, the next process's first round finds
 * out by reading back. */
bool round_go(struct round *o, const struct region *r);

/* Whether what was done last then is to be done now; never put off by a clock
 * that was set. */
bool round_is_time(int64_t now, int64_t last, int64_t every);

#endif

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * sync.h: portvakt-sync's own: its processes and its control socket. */
#ifndef SYNC_SYNC_H
#define SYNC_SYNC_H

#include "lib/supervise.h"
#include "region/region.h"

struct master {
	struct supervise *supervise;
	const char *programs; /* the folder they are started from */
	int64_t since;
};

/* keeper, writer and a reader for each directory, living in a. */
struct supervise_role *sync_roles(struct arena *a, const struct region *r,
                                  const char *programs, size_t *ret_count);

/* Answers whoever waits at the control socket; thing is the master. */
void control_hear(void *thing, int listening);

#endif

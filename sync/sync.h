/* SPDX-License-Identifier: AGPL-3.0-or-later
 * sync.h: the process table and the control socket of portvakt-sync. */
#ifndef SYNC_SYNC_H
#define SYNC_SYNC_H

#include "lib/supervise.h"
#include "region/region.h"

struct master {
	struct supervise *supervise;
	const char *programs; /* the directory they are started from */
	int64_t since;
};

/* Returns the processes to run, living in a: the id-crypto process, the
 * provisioner, one connector per source directory, and portvakt-feide if a
 * school owner publishes national identity numbers. */
struct supervise_role *sync_roles(struct arena *a, const struct region *r,
                                  const char *programs, size_t *ret_count);

/* Answers one caller of the control socket.  supervisor: a struct
 * sync_supervisor.  Errors go to the caller. */
void control_hear(void *thing, int listening);

#endif

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * sync.h: the process table and the control socket of portvakt-sync. */
#ifndef SYNC_SYNC_H
#define SYNC_SYNC_H

#include "lib/process/supervise.h"
#include "region/config/config.h"

struct sync_supervisor {
	struct supervise *supervise;
	const char *program_dir; /* the directory they are started from */
	int64_t since;
};

/* Returns the processes to run, living in a: the id-crypto process, the
 * provisioner, one connector per source directory, and portvakt-feide if a
 * school owner publishes national identity numbers. */
struct supervise_process *sync_process_table(struct arena *a,
                                             const struct config *cfg,
                                             const char *program_dir,
                                             size_t *ret_count);

/* Answers one caller of the control socket.  supervisor: a struct
 * sync_supervisor.  Errors go to the caller. */
void sync_control_accept(void *supervisor, int listening);

#endif

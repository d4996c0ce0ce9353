/* SPDX-License-Identifier: AGPL-3.0-or-later
 * process_table.h: the processes that portvakt-idp supervises. */
#ifndef IDP_PROCESS_TABLE_H
#define IDP_PROCESS_TABLE_H

#include "lib/process/supervise.h"
#include "region/config/config.h"

/* Returns the process table for this configuration, allocated in a.
 * program_dir: the directory of the executables. */
struct supervise_process *process_table_build(struct arena *a,
                                              const struct config *cfg,
                                              const char *program_dir,
                                              size_t *ret_count);

/* The groups of its sockets: the reverse proxy's and slapd's; ends in NULL. */
extern const char *const process_socket_groups[];

/* Opens the runtime directory and the state directories
 * (supervisor_open_state).  Returns false on error. */
bool process_open_dirs(struct arena *a, const struct config *cfg,
                       struct error *err) must_check;

#endif

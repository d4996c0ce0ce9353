/* SPDX-License-Identifier: AGPL-3.0-or-later
 * staging_private.h: the run of a request. */
#ifndef SYNC_ENGINE_SOURCE_STAGING_PRIVATE_H
#define SYNC_ENGINE_SOURCE_STAGING_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/error.h"
#include "region/ipc/ipc_server.h"

/* Stores the id of the request's open run.  On error (no such run) returns
 * false. */
bool staging_find_run(const struct ipc_request *q, int64_t *ret_run,
                      struct error *err);
/* Returns the name of the run's directory, allocated in a; NULL: no such
 * run. */
char *staging_run_directory(struct arena *a, int64_t run);

#endif

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * staging_private.h: the run of a request. */
#ifndef SYNC_ENGINE_SOURCE_STAGING_PRIVATE_H
#define SYNC_ENGINE_SOURCE_STAGING_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/error.h"

/* Returns whether the run is open.  On error ERROR_INVALID. */
bool staging_require_run(int64_t run, struct error *err);
/* Returns the name of the run's directory, allocated in a; NULL: no such
 * run. */
char *staging_run_directory(struct arena *a, int64_t run);

#endif

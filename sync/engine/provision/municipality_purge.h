/* SPDX-License-Identifier: AGPL-3.0-or-later
 * municipality_purge.h: removes a municipality that has left. */
#ifndef SYNC_ENGINE_PROVISION_MUNICIPALITY_PURGE_H
#define SYNC_ENGINE_PROVISION_MUNICIPALITY_PURGE_H

#include <stdbool.h>

#include "lib/error.h"
#include "region/config/config.h"
#include "region/ipc/ipc_server.h"

/* Marks its people dirty; when none is left, removes its other entries.  Takes
 * the lock.  On error returns false. */
bool purge_departed(const struct config *cfg, struct error *err) must_check;

/* `forget ID ...` and `scrub`: remove these ids from the change log and
 * recreate the cache.  The caller holds the lock.  On error return false. */
bool purge_forget_ids(const struct ipc_request *q, char **argv,
                      struct error *err);
bool purge_scrub(const struct ipc_request *q, char **argv, struct error *err);

#endif

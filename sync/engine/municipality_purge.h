/* SPDX-License-Identifier: AGPL-3.0-or-later
 * municipality_purge.h: removes a municipality that has left, on an operator's
 * override (docs/LEAVING.md).  No threshold applies. */
#ifndef SYNC_ENGINE_MUNICIPALITY_PURGE_H
#define SYNC_ENGINE_MUNICIPALITY_PURGE_H

#include "lib/json.h"
#include "region/config/config.h"
#include "region/ipc/ipc_server.h"

/* Returns whether the entry with these attributes is to be removed; and whether
 * all of the municipality is: an override exists, the date has come, and no
 * configuration feeds it.  The caller holds the state's lock, as for
 * purge_forget_ids and purge_scrub. */
bool purge_includes(struct arena *a, const struct config *cfg,
                    const json_t *attrs);
bool purge_is_due(struct arena *a, const struct config *cfg,
                  const struct municipality *m);

/* Marks its people dirty; when none is left, removes its other entries.  On
 * error returns false. */
bool purge_departed(const struct config *cfg, struct error *err) must_check;

/* `forget ID ...` and `scrub`: remove these ids from the change log and
 * recreate the cache.  On error return false. */
bool purge_forget_ids(const struct ipc_request *q, char **argv,
                      struct error *err);
bool purge_scrub(const struct ipc_request *q, char **argv, struct error *err);

#endif

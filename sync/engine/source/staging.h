/* SPDX-License-Identifier: AGPL-3.0-or-later
 * staging.h: handlers of the messages of connectors. */
#ifndef SYNC_ENGINE_SOURCE_STAGING_H
#define SYNC_ENGINE_SOURCE_STAGING_H

#include <stdbool.h>

#include "lib/error.h"
#include "region/ipc/ipc_server.h"

/* On error return false and set err. */
bool staging_open(const struct ipc_request *q,
                  const struct sync_open_request *request,
                  struct sync_open_reply *reply, struct error *err);
bool staging_begin(const struct ipc_request *q,
                   const struct sync_begin_request *request,
                   struct sync_begin_reply *reply, struct error *err);
bool staging_add_entries(const struct ipc_request *q,
                         const struct sync_entries_request *request,
                         struct sync_entries_reply *reply, struct error *err);
bool staging_add_present(const struct ipc_request *q,
                         const struct sync_present_request *request,
                         struct sync_present_reply *reply, struct error *err);
bool staging_add_deleted(const struct ipc_request *q,
                         const struct sync_deleted_request *request,
                         struct sync_deleted_reply *reply, struct error *err);
bool staging_commit(const struct ipc_request *q,
                    const struct sync_commit_request *request,
                    struct sync_commit_reply *reply, struct error *err);
bool staging_abort(const struct ipc_request *q,
                   const struct sync_abort_request *request,
                   struct sync_abort_reply *reply, struct error *err);

/* At the start: discards runs that were not committed. */
void staging_discard_all(void);

#endif

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * staging.h: handlers of the connectors' requests (ipc_messages.h). */
#ifndef SYNC_ENGINE_SOURCE_STAGING_H
#define SYNC_ENGINE_SOURCE_STAGING_H

#include <stdbool.h>

#include "lib/error.h"
#include "lib/json.h"
#include "region/ipc/ipc_server.h"

/* *ret_reply is allocated in the request's arena.  On error return false and
 * set err. */
bool staging_open(const struct ipc_request *q, json_t **ret_reply,
                  struct error *err);
bool staging_begin(const struct ipc_request *q, json_t **ret_reply,
                   struct error *err);
bool staging_add_entries(const struct ipc_request *q, json_t **ret_reply,
                         struct error *err);
bool staging_add_present(const struct ipc_request *q, json_t **ret_reply,
                         struct error *err);
bool staging_add_deleted(const struct ipc_request *q, json_t **ret_reply,
                         struct error *err);
bool staging_commit(const struct ipc_request *q, json_t **ret_reply,
                    struct error *err);
bool staging_abort(const struct ipc_request *q, json_t **ret_reply,
                   struct error *err);

/* At the start: discards runs that were not committed. */
void staging_discard_all(void);

#endif

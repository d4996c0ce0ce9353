/* SPDX-License-Identifier: AGPL-3.0-or-later
 * control.h: the commands of portvaktctl. */
#ifndef SYNC_ENGINE_CONTROL_H
#define SYNC_ENGINE_CONTROL_H

#include <stdbool.h>

#include "lib/error.h"
#include "lib/json.h"
#include "region/ipc/ipc_server.h"

/* Handler of IPC_COMMAND.  *ret_response is allocated in the request's arena.
 * On error (unknown command, invalid parameters) returns false. */
bool control_run(const struct ipc_request *q, json_t **ret_response,
                 struct error *err);

#endif

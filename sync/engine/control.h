/* SPDX-License-Identifier: AGPL-3.0-or-later
 * control.h: the commands of portvaktctl. */
#ifndef SYNC_ENGINE_CONTROL_H
#define SYNC_ENGINE_CONTROL_H

#include <stdbool.h>

#include "lib/error.h"
#include "region/ipc/ipc_server.h"

/* Handles command.  On error (unknown command, invalid parameters) returns
 * false. */
bool control_run(const struct ipc_request *q,
                 const struct command_request *request,
                 struct command_reply *reply, struct error *err);

#endif

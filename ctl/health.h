/* SPDX-License-Identifier: AGPL-3.0-or-later
 * health.h: requests the state of every directory from sync (members: see
 * sync/engine/report/health.c). */
#ifndef CTL_HEALTH_H
#define CTL_HEALTH_H

#include "ctl/ctl.h"
#include "lib/json.h"

/* Returns the JSON objects of sync's response to that command, owned by c's
 * arena. On error prints it on standard error and returns false. */
bool ctl_health_request(const struct command *c, const char *command,
                        json_t **ret_lines);

#endif

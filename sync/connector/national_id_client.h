/* SPDX-License-Identifier: AGPL-3.0-or-later
 * national_id_client.h: join value and sealed value of a number. */
#ifndef SYNC_CONNECTOR_NATIONAL_ID_CLIENT_H
#define SYNC_CONNECTOR_NATIONAL_ID_CLIENT_H

#include <stdbool.h>

#include "lib/arena.h"
#include "lib/error.h"
#include "lib/json.h"
#include "region/config/config.h"
#include "sync/connector/connector.h"

/* Adds join and sealed to entry.  On error returns false. */
bool national_id_add_to_entry(struct connector *c, const struct config *cfg,
                              struct arena *a, const char *number,
                              json_t *entry, struct error *err) must_check;

#endif

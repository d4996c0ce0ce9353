/* SPDX-License-Identifier: AGPL-3.0-or-later
 * national_id_client.h: requests the join value and the encrypted value of a
 * national identity number from portvakt-id-crypto. */
#ifndef SYNC_CONNECTOR_NATIONAL_ID_CLIENT_H
#define SYNC_CONNECTOR_NATIONAL_ID_CLIENT_H

#include <stdbool.h>

#include "lib/arena.h"
#include "lib/error.h"
#include "region/config/config.h"
#include "sync/connector/connector.h"

/* Sets the join value and the encrypted number of entry, living in a; both are
 * cached.  On error returns false with that of ipc_call(). */
bool national_id_add_to_entry(struct connector *c, const struct config *cfg,
                              struct arena *a, const char *number,
                              struct sync_entry *entry,
                              struct error *err) must_check;

#endif

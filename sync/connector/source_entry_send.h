/* SPDX-License-Identifier: AGPL-3.0-or-later
 * source_entry_send.h: sends a source entry to portvakt-provisioner. */
#ifndef SYNC_CONNECTOR_SOURCE_ENTRY_SEND_H
#define SYNC_CONNECTOR_SOURCE_ENTRY_SEND_H

#include <stdbool.h>

#include "lib/error.h"
#include "region/ldap/directory.h"

struct source_session;

/* Maps the entry and adds it to the run.  Its national identity number is sent
 * as join value and encrypted value only.  On error returns false with that of
 * ipc_call(). */
bool source_entry_send(struct source_session *s, const char *anchor,
                       const struct directory_entry *e,
                       struct error *err) must_check;

#endif

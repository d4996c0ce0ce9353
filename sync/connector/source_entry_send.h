/* SPDX-License-Identifier: AGPL-3.0-or-later
 * source_entry_send.h: an entry to the provisioner. */
#ifndef SYNC_CONNECTOR_SOURCE_ENTRY_SEND_H
#define SYNC_CONNECTOR_SOURCE_ENTRY_SEND_H

#include <stdbool.h>

#include "lib/error.h"
#include "region/ldap/directory.h"

struct source_session;

/* Sends an entry.  Its national number is sent as join value and sealed value
 * only.  On error returns false. */
bool source_entry_send(struct source_session *s, const char *anchor,
                       const struct directory_entry *e,
                       struct error *err) must_check;

#endif

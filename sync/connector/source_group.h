/* SPDX-License-Identifier: AGPL-3.0-or-later
 * source_group.h: sends a group to portvakt-provisioner, a large one in
 * buckets. */
#ifndef SYNC_CONNECTOR_SOURCE_GROUP_H
#define SYNC_CONNECTOR_SOURCE_GROUP_H

#include <stdbool.h>

#include "ipc_messages.h"
#include "lib/arena.h"
#include "lib/error.h"

struct source_session;

/* Sends the group with attributes {member: [dn], ...} in as many frames as it
 * needs; removes member from them.  On error returns false with
 * that of ipc_call(). */
bool source_group_send(struct source_session *s, struct arena *a,
                       const struct sync_entry *entry,
                       struct error *err) must_check;

#endif

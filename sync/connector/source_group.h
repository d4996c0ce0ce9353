/* SPDX-License-Identifier: AGPL-3.0-or-later
 * source_group.h: a group to the provisioner, in buckets. */
#ifndef SYNC_CONNECTOR_SOURCE_GROUP_H
#define SYNC_CONNECTOR_SOURCE_GROUP_H

#include <stdbool.h>

#include "lib/arena.h"
#include "lib/error.h"
#include "lib/json.h"

struct source_session;

/* Sends a group, {anchor, ..., attributes: {member, ...}}, in as many frames as
 * it needs.  On error returns false. */
bool source_group_send(struct source_session *s, struct arena *a, json_t *entry,
                       struct error *err) must_check;

#endif

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * former_id.h: ids of people whose affiliations were all merged into another
 * person.  The caller holds the lock. */
#ifndef SYNC_ENGINE_PROVISION_FORMER_ID_H
#define SYNC_ENGINE_PROVISION_FORMER_ID_H

#include "lib/arena.h"
#include "lib/json.h"

/* Sets portvaktFormerId of the person's attributes: those it has or had before
 * a removal, and those of the people in previous (NULL-terminated), as long as
 * no one uses them. */
void former_id_update(struct arena *a, const char *person, json_t *attrs,
                      const char *const *previous);

#endif

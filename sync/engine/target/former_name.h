/* SPDX-License-Identifier: AGPL-3.0-or-later
 * former_name.h: family names that a person had before. */
#ifndef SYNC_ENGINE_TARGET_FORMER_NAME_H
#define SYNC_ENGINE_TARGET_FORMER_NAME_H

#include "lib/arena.h"
#include "lib/json.h"

/* Adds the family name that before has to portvaktFormerName of the person's
 * attributes, if theirs is another one.  At most five names, the present one
 * and different spellings of one name left out.  before may be NULL. */
void former_name_update(struct arena *a, json_t *attrs, const json_t *before);

#endif

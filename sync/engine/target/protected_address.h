/* SPDX-License-Identifier: AGPL-3.0-or-later
 * protected_address.h: protected addresses. */
#ifndef SYNC_ENGINE_TARGET_PROTECTED_ADDRESS_H
#define SYNC_ENGINE_TARGET_PROTECTED_ADDRESS_H

#include "lib/arena.h"
#include "sync/engine/source/source_entry.h"

/* Returns "6" (strictly confidential), "7" (confidential) or NULL (no
 * protection).  Unknown values return "6". */
const char *protected_address_code(struct arena *a,
                                   const struct source_entry *entry);
/* Returns the stricter of the two values. */
const char *protected_address_stricter(const char *one, const char *other);

#endif

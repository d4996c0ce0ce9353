/* SPDX-License-Identifier: AGPL-3.0-or-later
 * derived_entry.h: entries that may be removed and created again. */
#ifndef SYNC_ENGINE_CATALOGUE_DERIVED_ENTRY_H
#define SYNC_ENGINE_CATALOGUE_DERIVED_ENTRY_H

#include <stdbool.h>

#include "lib/arena.h"
#include "lib/error.h"
#include "lib/json.h"
#include "region/config/config.h"

/* A desired entry: it is read, compared and written. */
struct derived_entry {
	const char *dn;
	const char *const *classes, *const *names;
	const json_t *attrs;
};
bool derived_entry_converge(const struct config *cfg, struct arena *a,
                            const struct derived_entry *d,
                            struct error *err) must_check;
bool derived_entry_remove(const struct config *cfg, struct arena *a,
                          const char *dn, struct error *err) must_check;

#endif

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * catalogue_access.h: the connection to the catalogue. */
#ifndef SYNC_ENGINE_CATALOGUE_CATALOGUE_ACCESS_H
#define SYNC_ENGINE_CATALOGUE_CATALOGUE_ACCESS_H

#include <stdbool.h>

#include "lib/json.h"
#include "region/catalogue/catalogue_write.h"

extern struct catalogue_writer *catalogue_writer;

/* The present attributes and entryCSN of a catalogue entry, allocated in arena,
 * limited to names; attrs and csn are NULL if there is no such entry. */
struct current_entry {
	struct arena *arena;
	const char *const *names;
	json_t *attrs;
	const char *csn;
};
/* Reads the entry.  On error returns false. */
bool current_entry_read(const struct config *cfg, struct current_entry *k,
                        const char *dn, struct error *err) must_check;

#endif

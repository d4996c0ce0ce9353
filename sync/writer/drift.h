/* SPDX-License-Identifier: AGPL-3.0-or-later
 * drift.h: what is in ou=people and sync did not put there so. */
#ifndef SYNC_WRITER_DRIFT_H
#define SYNC_WRITER_DRIFT_H

#include "lib/list.h"
#include "region/directory.h"
#include "sync/writer/writer.h"

/* A second affiliation of an entry that has one. */
struct twin {
	const char *dn, *id, *person, *directory, *anchor;
};

/* Found by one reading back; lives in arena. */
struct drift {
	struct arena *arena;
	size_t changed;               /* entries that were not as written */
	LIST(const char *) strangers; /* DNs of what is nobody */
	LIST(struct twin) twins;
};

void drift_stranger(struct drift *d, const char *dn);
void drift_twin(struct drift *d, const struct directory_entry *e,
                const char *person);

/* Removes what should not be there, and remembers how much was changed; without
 * the state's lock, with whom the reading met still in the state. */
bool drift_heal(const struct region *r, struct drift *d,
                struct fault *why) must_check;

#endif

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * drift.h: entries of ou=people that differ from what the provisioner wrote. */
#ifndef SYNC_WRITER_DRIFT_H
#define SYNC_WRITER_DRIFT_H

#include "lib/list.h"
#include "region/directory.h"
#include "sync/writer/writer.h"

/* A second affiliation of a source entry. */
struct twin {
	const char *dn, *id, *person, *directory, *anchor;
};

/* Found by one verification; lives in arena. */
struct drift {
	struct arena *arena;
	size_t changed;               /* entries that differ */
	LIST(const char *) strangers; /* DNs of foreign entries */
	LIST(struct twin) twins;
};

void drift_stranger(struct drift *d, const char *dn);
void drift_twin(struct drift *d, const struct directory_entry *e,
                const char *person);

/* Removes foreign entries and duplicates, and stores the number of differences.
 * Without the state's lock, while the verification's table "met" still exists.
 * On error returns false. */
bool drift_heal(const struct region *r, struct drift *d,
                struct fault *why) must_check;

#endif

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * drift_private.h: entries of ou=people that differ from what the provisioner
 * wrote. */
#ifndef SYNC_ENGINE_PROVISION_DRIFT_PRIVATE_H
#define SYNC_ENGINE_PROVISION_DRIFT_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/error.h"
#include "lib/vector.h"
#include "region/config/config.h"
#include "region/ldap/directory.h"

/* A second affiliation of a source entry. */
struct duplicate_entry {
	const char *dn, *id, *person, *directory, *anchor;
};

/* Found by one verification; lives in arena. */
struct drift {
	struct arena *arena;
	size_t changed;               /* entries that differ */
	VECTOR(const char *) foreign; /* DNs of foreign entries */
	VECTOR(struct duplicate_entry) duplicates;
};

void drift_add_foreign(struct drift *d, const char *dn);
void drift_add_duplicate(struct drift *d, const struct directory_entry *e,
                         const char *person);

/* Removes foreign entries and duplicates, and stores the number of differences.
 * Without the state's lock, while the verification's table "met" still exists.
 * On error returns false. */
bool drift_repair(const struct config *cfg, struct drift *d,
                  struct error *err) must_check;

#endif

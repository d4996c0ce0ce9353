/* SPDX-License-Identifier: AGPL-3.0-or-later
 * feide_entry.h: the entry of a person in a Feide tree. */
#ifndef SYNC_ENGINE_FEIDE_FEIDE_ENTRY_H
#define SYNC_ENGINE_FEIDE_FEIDE_ENTRY_H

#include <stdbool.h>

#include "lib/arena.h"
#include "lib/json.h"
#include "region/config/config.h"

struct feide_person {
	const struct municipality *municipality; /* NULL: in no tree */
	const char *affiliation, *person, *directory, *anchor;
	const char *uid, *dn;
	json_t *entry;
	json_t *issues; /* errors of the entry */
	bool publishable;
	const char *join_hash;    /* hash of the join value, or NULL */
	const json_t *former_ids; /* former ids of the person */
};

extern const char *const feide_person_attributes[];
/* Builds the entry of an affiliation.  Returns false when it is in no tree.
 * With the lock held. */
bool feide_person_build(struct arena *a, const struct config *cfg,
                        const char *affiliation, struct feide_person *ret);

char *feide_org_dn(struct arena *a, const struct config *cfg, const char *name);
char *feide_unit_dn(struct arena *a, const struct config *cfg, const char *name,
                    const char *number);
char *feide_person_dn(struct arena *a, const struct config *cfg,
                      const char *name, const char *uid);

#endif

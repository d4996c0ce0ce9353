/* SPDX-License-Identifier: AGPL-3.0-or-later
 * affiliation_proof.h: what the catalogue has about an affiliation being its
 * person's: a doubt, and links to other affiliations that were proved
 * (docs/decisions/0017).  The caller holds the lock. */
#ifndef SYNC_ENGINE_PROVISION_AFFILIATION_PROOF_H
#define SYNC_ENGINE_PROVISION_AFFILIATION_PROOF_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/json.h"

struct affiliation_proof {
	const char *id;
	const char *person_before; /* person before a merge, or NULL */
	const char *doubt;         /* why it may be another person's, or NULL */
	bool has_links;            /* an override proves a link of it */
	const char *municipality;
};

/* Returns the doubt to write: reason (of quarantine), or the one that before
 * has, as long as the entry was not evaluated since it was written: after the
 * loss of the cache a doubt does not end until it is disproved.  evaluated: the
 * entry is part of the present batch.  NULL: none. */
const char *proof_doubt(const char *reason, const json_t *before,
                        const char *directory, const char *anchor,
                        bool evaluated);

/* Returns the attributes with portvaktPersonBefore, portvaktDoubt and
 * portvaktProvedLink of h; a proved link holds while both affiliations are
 * among all (count; those of one person) and neither is in doubt.  attrs may be
 * NULL; the result lives in a. */
const json_t *proof_set(struct arena *a, const json_t *attrs,
                        const struct affiliation_proof *h,
                        const struct affiliation_proof *all, size_t count);

/* Returns whether an affiliation joined a person of other municipalities, and
 * no link to one of these is proved: attrs (of proof_set()) has none to a home
 * affiliation, those of the municipality whose person it was first. */
bool proof_is_unproved(const json_t *attrs, const struct affiliation_proof *h,
                       const struct affiliation_proof *all, size_t count);

#endif

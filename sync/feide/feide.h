/* SPDX-License-Identifier: AGPL-3.0-or-later
 * feide.h: portvakt-feide's files: the one process that opens sealed national
 * numbers, for the school owners whose agreement with Feide says so.
 *
 *	numbers    a number for each person of the tree
 *	catalogue  what it may read and write there */
#ifndef SYNC_FEIDE_FEIDE_H
#define SYNC_FEIDE_FEIDE_H

#include "lib/seal.h"
#include "region/directory.h"
#include "region/region.h"

/* ---- catalogue */

/* One round's connection and memory. */
struct publisher {
	struct arena *arena;
	const struct region *region;
	struct directory *d;
	struct seal_key key;
};

/* Connected and bound as the configuration says. */
bool feide_connect(struct publisher *f, struct fault *why) must_check;

/* The people of an owner's tree: each with the DN of the person it is, and
 * whether a number is there. */
struct feide_entry {
	const char *dn, *person;
	const char *number; /* as published, or NULL */
};
bool feide_entries(struct publisher *f, const char *owner, bool only_without,
                   struct feide_entry **ret_entries, size_t *ret_count,
                   struct fault *why) must_check;

/* The sealed number of a person, or NULL where there is none. */
bool feide_sealed(struct publisher *f, const char *person,
                  const char **ret_sealed, struct fault *why) must_check;

/* number NULL: none. */
bool feide_publish(struct publisher *f, const char *dn, const char *number,
                   struct fault *why) must_check;

/* ---- numbers */

/* Sees to it that each entry of the tree has its person's number where the
 * owner may have it, and none where not.  whole: those that have one are
 * looked at, too.  Counts what was changed. */
bool numbers_round(struct publisher *f, bool whole, size_t *ret_changed,
                   struct fault *why) must_check;

#endif

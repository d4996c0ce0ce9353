/* SPDX-License-Identifier: AGPL-3.0-or-later
 * name_match.h: whether two names may be one person's, so that an equal
 * national identity number joins their entries (docs/decisions/0017). */
#ifndef SYNC_ENGINE_CORRELATION_NAME_MATCH_H
#define SYNC_ENGINE_CORRELATION_NAME_MATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"

/* A name as a directory or the catalogue has it; NULL: not given. */
struct written_name {
	const char *given, *family, *full;
};

/* Returns whether the given names and the family names of one and other agree.
 *
 * Given names: those of one are among the other's, in any order, and one of
 * them in full; a single letter agrees with a name that begins with it.  Family
 * names: they share one, apart from particles; or one of them is a middle name
 * of the other; or one of those of either is in former.  Names of the same
 * parts in another order agree.  A missing name does not agree.
 *
 * former: family names that the other had before; NULL-terminated, or NULL. */
bool name_match_agrees(struct arena *a, const struct written_name *one,
                       const struct written_name *other,
                       const char *const *former);

#endif

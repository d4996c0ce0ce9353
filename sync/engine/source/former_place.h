/* SPDX-License-Identifier: AGPL-3.0-or-later
 * former_place.h: members that a group still lists by the DN they had before a
 * rename, as in a directory without referential integrity.  A member is
 * followed until the group lists it no more, or another entry has the DN.  All
 * under the state's lock, while a run is committed; places are normalized DNs.
 */
#ifndef SYNC_ENGINE_SOURCE_FORMER_PLACE_H
#define SYNC_ENGINE_SOURCE_FORMER_PLACE_H

#include <stdint.h>

/* The entry was renamed, or an ancestor of it.  Called when it is stored at its
 * new place. */
void former_place_moved(const char *directory, const char *anchor,
                        const char *from, const char *to);
/* An entry is now at this place: a member listed so is this one. */
void former_place_taken(const char *directory, const char *place);
/* A place that the entry had, known from the catalogue after a lost cache. */
void former_place_known(const char *directory, const char *anchor,
                        const char *place);
/* The entry is deleted. */
void former_place_forget(const char *directory, const char *anchor);
/* At the end of a run, before members are compared: those that a group lists by
 * a former place are at the present one. */
void former_place_follow(const char *directory);
/* After that: forgets places that no group lists. */
void former_place_commit(const char *directory);

#endif

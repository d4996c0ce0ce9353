/* SPDX-License-Identifier: AGPL-3.0-or-later
 * groups_mark.h: what is to be planned again in groups.  The caller holds the
 * lock. */
#ifndef SYNC_ENGINE_STATE_GROUPS_MARK_H
#define SYNC_ENGINE_STATE_GROUPS_MARK_H

/* Mark what an entry or an affiliation may change in groups. */
void groups_mark_entry(const char *directory, const char *anchor);
void groups_mark_member(const char *affiliation);
/* Mark the people in that entry of a source directory, and the members of that
 * group of the catalogue. */
void groups_mark_source_members(const char *directory, const char *anchor);
void groups_mark_members(const char *id);
/* Marks everything: the configuration changed. */
void groups_mark_all(void);
/* Releases the losses of a directory that are held now. */
void groups_mark_released(const char *directory);

#endif

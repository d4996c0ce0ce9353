/* SPDX-License-Identifier: AGPL-3.0-or-later
 * former_place.c: follows members through renames.  members.place is always the
 * present one; members.listed is what the group lists, if that differs.  After
 * a lost cache only the present places are known: `sync groups` lists such
 * members as without an entry. */
#include "sync/engine/source/former_place.h"

#include "sync/engine/state/state.h"

/* The member is the entry at the listed place again, or none; the one it was is
 * touched. */
static void former_place_restore(const char *directory, const char *place)
{
	state_exec("INSERT INTO touched SELECT place FROM members"
	           " WHERE directory = ?1 AND listed = ?2",
	           "tt", directory, place);
	state_exec("UPDATE OR REPLACE members SET place = listed, listed = NULL"
	           " WHERE directory = ?1 AND listed = ?2",
	           "tt", directory, place);
	state_exec("DELETE FROM former_places WHERE directory = ?1"
	           " AND place = ?2",
	           "tt", directory, place);
}

void former_place_taken(const char *directory, const char *place)
{
	if (state_number("SELECT count(*) FROM former_places"
	                 " WHERE directory = ?1 AND place = ?2",
	                 "tt", directory, place) > 0)
		former_place_restore(directory, place);
}

void former_place_moved(const char *directory, const char *anchor,
                        const char *from, const char *to)
{
	former_place_taken(directory, to);
	if (state_number("SELECT count(*) FROM records WHERE directory = ?1"
	                 " AND place = ?2 AND anchor <> ?3",
	                 "ttt", directory, from, anchor) > 0)
		return;
	state_exec("INSERT OR REPLACE INTO former_places VALUES(?1, ?2, ?3)",
	           "ttt", directory, from, anchor);
	/* Of two names of one member in a group the present one counts. */
	state_exec("UPDATE OR IGNORE members SET"
	           " listed = coalesce(listed, place), place = ?3"
	           " WHERE directory = ?1 AND place = ?2",
	           "ttt", directory, from, to);
	state_exec("INSERT INTO touched VALUES(?1)", "t", from);
}

void former_place_forget(const char *directory, const char *anchor)
{
	state_exec("UPDATE OR REPLACE members SET place = listed, listed = NULL"
	           " WHERE directory = ?1 AND listed IN (SELECT place"
	           " FROM former_places WHERE directory = ?1 AND anchor = ?2)",
	           "tt", directory, anchor);
	state_exec("DELETE FROM former_places WHERE directory = ?1"
	           " AND anchor = ?2",
	           "tt", directory, anchor);
}

void former_place_follow(const char *directory, const char *group,
                         int64_t bucket)
{
	if (state_number("SELECT EXISTS (SELECT 1 FROM former_places"
	                 " WHERE directory = ?1)",
	                 "t", directory) == 0)
		return;
	state_exec("UPDATE OR IGNORE members SET listed = place, place ="
	           " (SELECT r.place FROM former_places AS f CROSS JOIN records"
	           "  AS r ON r.directory = f.directory AND r.anchor = f.anchor"
	           "  WHERE f.directory = ?1 AND f.place = members.place)"
	           " WHERE directory = ?1 AND grp = ?2 AND bucket = ?3"
	           " AND listed IS NULL AND place IN (SELECT f.place"
	           "  FROM former_places AS f CROSS JOIN records AS r"
	           "  ON r.directory = f.directory AND r.anchor = f.anchor"
	           "  WHERE f.directory = ?1)",
	           "tti", directory, group, bucket);
}

void former_place_commit(const char *directory)
{
	state_exec("DELETE FROM former_places WHERE directory = ?1"
	           " AND EXISTS (SELECT 1 FROM touched) AND NOT EXISTS"
	           " (SELECT 1 FROM members AS m WHERE m.directory = ?1"
	           "  AND m.listed = former_places.place)",
	           "t", directory);
}

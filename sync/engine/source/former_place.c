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

void former_place_known(const char *directory, const char *anchor,
                        const char *place)
{
	if (state_number("SELECT count(*) FROM records WHERE directory = ?1"
	                 " AND place = ?2 AND anchor <> ?3",
	                 "ttt", directory, place, anchor) > 0)
		return;
	state_exec("INSERT OR REPLACE INTO former_places VALUES(?1, ?2, ?3)",
	           "ttt", directory, place, anchor);
	/* Of two names of one member in a group the present one counts. */
	state_exec("UPDATE OR IGNORE members SET"
	           " listed = coalesce(listed, place), place = (SELECT place"
	           "  FROM records WHERE directory = ?1 AND anchor = ?3)"
	           " WHERE directory = ?1 AND place = ?2 AND EXISTS (SELECT 1"
	           "  FROM records WHERE directory = ?1 AND anchor = ?3)",
	           "ttt", directory, place, anchor);
	state_exec("INSERT INTO touched VALUES(?1)", "t", place);
}

void former_place_moved(const char *directory, const char *anchor,
                        const char *from, const char *to)
{
	former_place_taken(directory, to);
	former_place_known(directory, anchor, from);
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

/* Only what a run changed is looked at. */
static bool former_place_is_concerned(const char *directory)
{
	return state_number("SELECT EXISTS (SELECT 1 FROM former_places"
	                    " WHERE directory = ?1) AND (EXISTS (SELECT 1"
	                    " FROM were) OR EXISTS (SELECT 1 FROM touched))",
	                    "t", directory) > 0;
}

void former_place_follow(const char *directory)
{
	if (!former_place_is_concerned(directory))
		return;
	state_exec("UPDATE OR IGNORE members SET listed = place, place ="
	           " (SELECT r.place FROM former_places AS f CROSS JOIN records"
	           "  AS r ON r.directory = f.directory AND r.anchor = f.anchor"
	           "  WHERE f.directory = ?1 AND f.place = members.place)"
	           " WHERE directory = ?1 AND listed IS NULL AND place IN"
	           " (SELECT f.place FROM former_places AS f CROSS JOIN records"
	           "  AS r ON r.directory = f.directory AND r.anchor = f.anchor"
	           "  WHERE f.directory = ?1)",
	           "t", directory);
}

void former_place_commit(const char *directory)
{
	if (!former_place_is_concerned(directory))
		return;
	state_exec("INSERT INTO dirty(directory, anchor, at)"
	           " SELECT f.directory, f.anchor, ?2 FROM former_places AS f"
	           " WHERE f.directory = ?1 AND NOT EXISTS (SELECT 1"
	           " FROM members AS m WHERE m.directory = ?1"
	           " AND m.listed = f.place)"
	           " ON CONFLICT DO UPDATE SET gen = gen + 1",
	           "ti", directory, state_now_ms());
	state_exec("DELETE FROM former_places WHERE directory = ?1"
	           " AND NOT EXISTS (SELECT 1 FROM members AS m WHERE"
	           " m.directory = ?1 AND m.listed = former_places.place)",
	           "t", directory);
}

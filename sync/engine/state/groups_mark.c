/* SPDX-License-Identifier: AGPL-3.0-or-later
 * groups_mark.c: marks what a change of an entry, an affiliation or the
 * configuration may change in groups. */
#include "sync/engine/state/groups_mark.h"

#include "sync/engine/state/members_sql.h"
#include "sync/engine/state/state.h"

static void groups_mark(const char *what, const char *name,
                        const char *directory)
{
	state_exec(
	    "INSERT INTO regroup(what, name, directory)"
	    " VALUES(?1, ?2, ?3) ON CONFLICT DO UPDATE SET gen = gen + 1,"
	    " held = CASE held WHEN 3 THEN 3 ELSE 0 END",
	    "ttt", what, name, directory);
}

void groups_mark_member(const char *affiliation)
{
	state_exec("INSERT INTO regroup(what, name, directory) SELECT 'member',"
	           " ?1, (SELECT directory FROM affiliations WHERE id = ?1)"
	           " WHERE true ON CONFLICT DO UPDATE SET gen = gen + 1,"
	           " held = CASE held WHEN 3 THEN 3 ELSE 0 END",
	           "t", affiliation);
}

void groups_mark_entry(const char *directory, const char *anchor)
{
	state_exec("INSERT INTO regroup(what, name, directory) SELECT 'member',"
	           " id, directory FROM affiliations WHERE directory = ?1"
	           " AND anchor = ?2 ON CONFLICT DO UPDATE SET gen = gen + 1,"
	           " held = CASE held WHEN 3 THEN 3 ELSE 0 END",
	           "tt", directory, anchor);
	if (state_number("SELECT EXISTS (SELECT 1 FROM records WHERE"
	                 " directory = ?1 AND anchor = ?2"
	                 " AND class <> 'person') OR EXISTS"
	                 " (SELECT 1 FROM groups WHERE directory = ?1"
	                 " AND anchor = ?2)",
	                 "tt", directory, anchor))
		groups_mark("group", anchor, directory);
}

void groups_mark_all(void)
{
	state_exec("INSERT INTO regroup(what, name, directory)"
	           " SELECT 'group', anchor, directory FROM"
	           " (SELECT anchor, directory FROM records"
	           "  WHERE class <> 'person' UNION"
	           "  SELECT anchor, directory FROM groups) WHERE true"
	           " ON CONFLICT DO UPDATE SET gen = gen + 1",
	           "");
}

void groups_mark_released(const char *directory)
{
	state_exec("UPDATE regroup SET held = 3 WHERE directory = ?1"
	           " AND held BETWEEN 1 AND 2",
	           "t", directory);
}

/* Returns the anchors of the people in an entry of a source directory,
 * allocated in a. */
static char **groups_mark_anchors(struct arena *a, const char *directory,
                                  const char *anchor, size_t *ret_count)
{
	size_t count = 0;
	char ***rows = state_rows(
	    a, &count,
	    MEMBERS_INSIDE_SQL
	    " SELECT r.anchor FROM inside AS i CROSS JOIN records AS r"
	    " ON r.directory = ?1 AND r.place = i.place"
	    " WHERE r.class = 'person'"
	    " UNION SELECT p.anchor FROM records AS c JOIN records AS p"
	    " ON p.directory = c.directory AND p.path > c.path"
	    " AND p.path < substr(c.path, 1, length(c.path) - 1) || '-'"
	    " WHERE c.directory = ?1 AND c.anchor = ?2 AND c.class = 'other'"
	    " AND p.class = 'person'",
	    "tt", directory, anchor);
	char **anchors = arena_array(a, char *, count + 1);

	for (size_t i = 0; i < count; i++)
		anchors[i] = rows[i][0];
	*ret_count = count;
	return anchors;
}

void groups_mark_source_members(const char *directory, const char *anchor)
{
	struct arena *a = arena_open();
	size_t count = 0;
	char **anchors = groups_mark_anchors(a, directory, anchor, &count);

	for (size_t i = 0; i < count; i++)
		groups_mark_entry(directory, anchors[i]);
	arena_close(a);
}

void groups_mark_members(const char *id)
{
	struct arena *a = arena_open();
	size_t count = 0;
	char ***rows = state_rows(
	    a, &count, "SELECT member FROM holding WHERE grp = ?1", "t", id);

	for (size_t i = 0; i < count; i++)
		groups_mark_member(rows[i][0]);
	arena_close(a);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * group_members.c: plans the groups of an affiliation.  Works from the member's
 * side, so a group of thousands is never read for one of them.  Only active
 * affiliations are members; one that returns is added again from the source. */
#include <string.h>

#include "lib/clock.h"
#include "lib/strbuf.h"
#include "sync/engine/groups.h"
#include "sync/engine/state.h"

/* ---- members in the source directory */

char **group_member_anchors(struct arena *a, const char *directory,
                            const char *anchor, size_t *ret_count)
{
	size_t count = 0;
	char ***rows = state_rows(
	    a, &count,
	    "WITH RECURSIVE inside(place) AS (SELECT place FROM members"
	    "  WHERE directory = ?1 AND grp = ?2"
	    "  UNION SELECT m.place FROM inside AS i CROSS JOIN records AS g"
	    "  ON g.directory = ?1 AND g.place = i.place"
	    "  AND g.class = 'group' CROSS JOIN members AS m"
	    "  ON m.directory = ?1 AND m.grp = g.anchor)"
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

void group_mark_source_members(const char *directory, const char *anchor)
{
	struct arena *a = arena_open();
	size_t count = 0;
	char **anchors = group_member_anchors(a, directory, anchor, &count);

	for (size_t i = 0; i < count; i++)
		groups_mark_entry(directory, anchors[i]);
	arena_close(a);
}

void group_mark_members(const char *id)
{
	struct arena *a = arena_open();
	size_t count = 0;
	char ***rows = state_rows(
	    a, &count, "SELECT member FROM holding WHERE grp = ?1", "t", id);

	for (size_t i = 0; i < count; i++)
		groups_mark_member(rows[i][0]);
	arena_close(a);
}

/* ---- groups of a member */

struct member_plan {
	struct groups *g;
	const char *id, *directory;
	size_t row;
	bool active;
	json_t *desired_groups; /* ids of groups, a set */
};

/* The DN after the first unescaped comma. */
static const char *parent_place(const char *place)
{
	for (const char *at = place; *at; at++) {
		if (*at == '\\' && at[1])
			at++;
		else if (*at == ',')
			return at + 1;
	}
	return "";
}

static void member_add_desired(struct member_plan *m, const char *place)
{
	char *id = state_text(m->g->arena,
	                      "SELECT g.id FROM records AS r JOIN groups AS g"
	                      " ON g.directory = r.directory"
	                      " AND g.anchor = r.anchor AND g.live = 1"
	                      " WHERE r.directory = ?1 AND r.place = ?2",
	                      "tt", m->directory, place);

	if (id)
		(void)json_object_set_new(m->desired_groups, id, json_true());
}

static void member_find_desired(struct member_plan *m, const char *anchor)
{
	struct arena *a = m->g->arena;
	const struct source_entry *record =
	    source_entry_load(a, m->directory, anchor);

	if (!record)
		return;
	for (char **places = source_entry_groups(a, record); *places; places++)
		member_add_desired(m, *places);
	member_add_desired(m, parent_place(record->normal_dn));
}

/* From a group that is not live, such as last year's class, only inactive
 * affiliations are removed. */
static void member_plan_removal(struct member_plan *m, const char *group,
                                bool live, bool announced)
{
	struct groups *g = m->g;

	if (!live && m->active)
		return;
	struct group_change *c = groups_change_for(g, group);
	if (!c)
		return;
	if (!m->active) {
		*vector_append(g->arena, &c->removed_members) = m->id;
		return;
	}
	*vector_append(g->arena, &g->losses) = (struct group_loss){
		.change = (size_t)(c - g->changes.at),
		.member = m->id,
		.directory = c->directory,
		.row = m->row,
		.count = 1,
		.released = announced || g->rows.at[m->row].released,
	};
}

static bool school_year_is_changing(const struct groups *g,
                                    const char *municipality, const char *year)
{
	const struct municipality *m =
	    config_municipality(g->cfg, municipality);

	return m && !text_equal(year, "0") &&
	       school_year_overlaps(&m->school_year, clock_now());
}

static void member_plan_differences(struct member_plan *m)
{
	struct groups *g = m->g;
	size_t count = 0;
	char ***rows = state_rows(g->arena, &count,
	                          "SELECT g.id, g.live, g.municipality, g.year"
	                          " FROM holding AS h JOIN groups AS g"
	                          " ON g.id = h.grp WHERE h.member = ?1",
	                          "t", m->id);
	const char *id;
	json_t *value;

	for (size_t i = 0; i < count; i++)
		if (json_object_del(m->desired_groups, rows[i][0]) != 0)
			member_plan_removal(
			    m, rows[i][0], text_equal(rows[i][1], "1"),
			    school_year_is_changing(g, rows[i][2], rows[i][3]));
	json_object_foreach(m->desired_groups, id, value)
	{
		struct group_change *c = groups_change_for(g, id);

		if (c)
			*vector_append(g->arena, &c->added_members) = m->id;
	}
}

void group_member_plan(struct groups *g, size_t row)
{
	struct member_plan m = { .g = g,
		                 .id = g->rows.at[row].name,
		                 .row = row,
		                 .desired_groups = json_object() };
	size_t count = 0;
	char ***rows = state_rows(g->arena, &count,
	                          "SELECT directory, anchor, status"
	                          " FROM affiliations WHERE id = ?1",
	                          "t", m.id);

	if (count == 1) {
		m.directory = rows[0][0];
		m.active = text_equal(rows[0][2], "active");
	}
	if (m.active)
		member_find_desired(&m, rows[0][1]);
	member_plan_differences(&m);
	json_decref(m.desired_groups);
}

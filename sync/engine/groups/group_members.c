/* SPDX-License-Identifier: AGPL-3.0-or-later
 * group_members.c: plans the groups of an affiliation.  Works from the member's
 * side, so a group of thousands is never read for one of them.  Only active
 * affiliations are members; one that returns is added again from the source. */
#include "sync/engine/groups/group_change_private.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/strbuf.h"
#include "sync/engine/groups/school_year.h"
#include "sync/engine/source/group_membership_cache.h"
#include "sync/engine/source/source_entry.h"
#include "sync/engine/state/state.h"

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
	struct group_change *c = group_change_for(g, group);
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
		struct group_change *c = group_change_for(g, id);

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

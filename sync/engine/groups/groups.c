/* SPDX-License-Identifier: AGPL-3.0-or-later
 * groups.c: applies changes to groups, after people: their affiliations and
 * status are final by then.  A member who joins a group of thousands is one
 * value written; no other member is read.  When the catalogue is unavailable
 * the marks stay and the groups are retried. */
#include "sync/engine/groups/groups.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/random.h"
#include "lib/strbuf.h"
#include "sync/engine/catalogue/entry_json.h"
#include "sync/engine/groups/group_change_private.h"
#include "sync/engine/groups/group_desired.h"
#include "sync/engine/groups/school_year.h"
#include "sync/engine/source/source_entry.h"
#include "sync/engine/state/feide_mark.h"
#include "sync/engine/state/groups_mark.h"
#include "sync/engine/state/quarantine.h"
#include "sync/engine/state/state.h"

enum { MAX_ROWS = 20000, HELD_RETRY_MS = 5000 };

/* ---- timers */

static void groups_mark_due(void)
{
	state_exec("INSERT OR IGNORE INTO regroup(what, name, directory)"
	           " SELECT 'group', anchor, directory FROM groups"
	           " WHERE next > 0 AND next <= ?1",
	           "i", clock_now());
}

void groups_run_timers(void)
{
	static int64_t looked_at;
	bool held_too = clock_monotonic_ms() - looked_at >= HELD_RETRY_MS;

	if (held_too)
		looked_at = clock_monotonic_ms();
	state_lock();
	state_begin();
	groups_mark_due();
	state_exec("UPDATE regroup SET held = 0 WHERE held BETWEEN 1 AND ?1",
	           "i", (int64_t)(held_too ? 2 : 1));
	state_commit();
	state_unlock();
}

/* ---- planning one group */

/* An entry of a source directory, and its group of the catalogue. */
struct planned_group {
	struct groups *g;
	size_t row;
	const char *directory, *anchor;
	const struct source_entry *record; /* NULL: deleted */
	struct group_source source;
	bool is_group;
};

/* A group that is deleted and created again keeps its id until the deleted one
 * is removed: same municipality, kind, code, school year and directory. */
static const char *find_former_group(const struct planned_group *e)
{
	const char *code = source_entry_value(e->record, "group-code");

	return state_text(
	    e->g->arena,
	    "SELECT id FROM groups AS g WHERE directory = ?1"
	    " AND municipality = ?2 AND kind = ?3 AND year = ?4 AND live = 0"
	    " AND json_extract(form, '$.portvaktCode[0]') = ?5"
	    " AND NOT EXISTS (SELECT 1 FROM records AS r WHERE"
	    " r.directory = g.directory AND r.anchor = g.anchor)"
	    " ORDER BY id LIMIT 1",
	    "tttit", e->directory, e->source.municipality->name,
	    group_type_name(e->source.kind), (int64_t)e->source.year, code);
}

static const char *group_id_for(const struct planned_group *e)
{
	struct arena *a = e->g->arena;
	const char *id =
	    state_text(a,
	               "SELECT id FROM groups WHERE directory = ?1"
	               " AND anchor = ?2 AND year = ?3",
	               "tti", e->directory, e->anchor, (int64_t)e->source.year);

	if (id)
		return id;
	id = find_former_group(e);
	if (id) {
		state_exec("UPDATE groups SET anchor = ?2 WHERE id = ?1", "tt",
		           id, e->anchor);
		return id;
	}
	id = random_uuid(a);
	state_exec("INSERT INTO groups(id, directory, anchor, year)"
	           " VALUES(?1, ?2, ?3, ?4)",
	           "ttti", id, e->directory, e->anchor,
	           (int64_t)e->source.year);
	return id;
}

static void plan_live_group(const struct planned_group *e)
{
	struct arena *a = e->g->arena;
	const struct municipality *m = e->source.municipality;
	const char *id = group_id_for(e);
	struct group_change *c = group_change_for(e->g, id);

	if (!c)
		return;
	if (!c->live || !c->before) {
		groups_mark_source_members(e->directory, e->anchor);
		groups_mark_members(id);
	}
	c->after = group_desired_entry(a, e->record, &e->source, id, c->before);
	c->live = true;
	c->next_at =
	    e->source.year == 0
		? 0
		: school_year_start(&m->school_year, e->source.year + 1);
	state_exec("UPDATE groups SET municipality = ?2, kind = ?3, live = 1"
	           " WHERE id = ?1",
	           "ttt", id, m->name, group_type_name(e->source.kind));
}

/* No threshold applies to classes that a new school year replaces or has
 * replaced. */
static bool group_end_is_announced(const struct groups *g,
                                   const char *municipality, int64_t year)
{
	const struct municipality *m =
	    config_municipality(g->cfg, municipality);

	return m && year > 0 &&
	       (year < school_year_at(&m->school_year, clock_now()) ||
	        school_year_overlaps(&m->school_year, clock_now()));
}

static void plan_group_end(const struct planned_group *e,
                           struct group_change *c, const char *municipality,
                           int64_t year)
{
	struct groups *g = e->g;
	int64_t ended = 0;
	const char *until;

	if (!c->before) {
		state_exec("DELETE FROM groups WHERE id = ?1", "t", c->id);
		return;
	}
	c->after = group_ended_entry(g->arena, c->before);
	until = entry_json_value(c->after, "portvaktUntil");
	if (!until || !clock_parse_generalized_time(until, &ended))
		ended = 0;
	c->next_at = ended + g->cfg->delete_after;
	c->live = false;
	if (text_equal(entry_json_value(c->before, "portvaktStatus"),
	               "suspended")) {
		c->ends = c->next_at <= clock_now();
		c->after = c->ends ? NULL : c->before;
		return;
	}
	c->ends = true;
	*vector_append(g->arena, &g->losses) = (struct group_loss){
		.change = (size_t)(c - g->changes.at),
		.directory = e->directory,
		.row = e->row,
		.count = (size_t)state_number("SELECT count(*) FROM holding"
		                              " WHERE grp = ?1",
		                              "t", c->id),
		.released = g->rows.at[e->row].released ||
		            group_end_is_announced(g, municipality, year),
	};
}

/* Last year's classes stay unchanged until the overlap ends. */
static bool is_last_years_group(const struct groups *g,
                                const char *municipality, int64_t year,
                                int64_t *ret_until, bool *ret_reverted)
{
	const struct municipality *m =
	    config_municipality(g->cfg, municipality);
	int64_t now = clock_now();

	if (!m || year == 0)
		return false;
	int64_t current_year = school_year_at(&m->school_year, now);
	*ret_reverted = year > current_year;
	*ret_until = school_year_start(&m->school_year, (int)current_year) +
	             m->school_year.overlap;
	return year == current_year - 1 && now < *ret_until;
}

static void plan_other_year(const struct planned_group *e, char **row)
{
	struct group_change *c = group_change_for(e->g, row[0]);
	long long year = 0;
	int64_t until = 0;
	bool reverted = false;

	if (!c || !text_to_number(row[1], 0, 9999, &year))
		return;
	if (is_last_years_group(e->g, row[2], year, &until, &reverted)) {
		c->live = false;
		c->next_at = until;
		state_exec("UPDATE groups SET live = 0 WHERE id = ?1", "t",
		           c->id);
		return;
	}
	if (!reverted) {
		plan_group_end(e, c, row[2], year);
		return;
	}
	/* The change of the school year was reverted. */
	c->after = NULL;
	c->live = false;
	c->ends = true;
}

/* Nothing is written for a directory in a dry run. */
static bool group_is_dry_run(const struct groups *g, const char *directory)
{
	const struct directory_conf *d = config_directory(g->cfg, directory);

	return d && d->dry_run;
}

static void plan_group(struct groups *g, size_t row)
{
	struct arena *a = g->arena;
	struct planned_group e = { .g = g,
		                   .row = row,
		                   .directory = g->rows.at[row].directory,
		                   .anchor = g->rows.at[row].name };
	size_t count = 0;

	if (group_is_dry_run(g, e.directory))
		return;
	e.record = source_entry_load(a, e.directory, e.anchor);
	e.is_group = group_classify(a, g->cfg, e.record, &e.source);
	char ***rows = state_rows(a, &count,
	                          "SELECT id, year, municipality FROM groups"
	                          " WHERE directory = ?1 AND anchor = ?2"
	                          " AND (?3 = 0 OR year <> ?4)",
	                          "ttii", e.directory, e.anchor,
	                          (int64_t)e.is_group, (int64_t)e.source.year);
	for (size_t i = 0; i < count; i++)
		plan_other_year(&e, rows[i]);
	if (e.is_group)
		plan_live_group(&e);
}

/* ---- planning and writing all */

static void groups_take_marked(struct groups *g, const char *what)
{
	size_t count = 0;
	char ***rows =
	    state_rows(g->arena, &count,
	               "SELECT what, name, directory, gen, held FROM regroup"
	               " WHERE what = ?1 AND held IN (0, 3) LIMIT ?2",
	               "ti", what, (int64_t)MAX_ROWS);

	for (size_t i = 0; i < count; i++) {
		long long gen = 0;

		(void)!text_to_number(rows[i][3], 0, INT64_MAX, &gen);
		*vector_append(g->arena, &g->rows) = (struct group_row){
			.what = rows[i][0],
			.name = rows[i][1],
			.directory = rows[i][2],
			.generation = gen,
			.released = text_equal(rows[i][4], "3"),
		};
	}
}

static bool groups_have_work(const struct groups *g)
{
	for (size_t i = 0; i < g->rows.count; i++)
		if (!g->rows.at[i].held)
			return true;
	return false;
}

/* Two provisioners created a group each for one entry: one is removed. */
static void plan_duplicate_groups(struct groups *g)
{
	for (size_t i = 0; i < g->rows.count; i++)
		*vector_append(g->arena, &g->changes) =
		    (struct group_change){ .id = g->rows.at[i].name,
			                   .directory = g->rows.at[i].directory,
			                   .before =
			                       js_own(g->arena, json_object()),
			                   .ends = true };
}

/* Groups first: members can only be added to existing groups. */
static void groups_plan_all(struct groups *g)
{
	groups_take_marked(g, "double");
	plan_duplicate_groups(g);
	if (g->rows.count > 0)
		return;
	groups_take_marked(g, "group");
	for (size_t i = 0; i < g->rows.count; i++)
		plan_group(g, i);
	group_threshold_apply(g);
	if (groups_have_work(g))
		return;
	g->rows.count = 0;
	g->losses.count = 0;
	groups_take_marked(g, "member");
	for (size_t i = 0; i < g->rows.count; i++)
		group_member_plan(g, i);
	group_threshold_apply(g);
}

static bool groups_write_all(struct groups *g, struct error *err)
{
	bool raced = false;

	for (size_t i = 0; i < g->changes.count; i++) {
		struct group_change *c = &g->changes.at[i];

		if (!group_write(g->cfg, g->arena, c, err))
			return false;
		raced |= c->conflict;
	}
	return !raced;
}

static void groups_store_change(struct groups *g, const struct group_change *c)
{
	if (!json_equal(c->before, c->after))
		feide_mark_group_members(c->id);
	if (!c->after && c->ends) {
		state_exec("DELETE FROM groups WHERE id = ?1", "t", c->id);
		state_exec("DELETE FROM holding WHERE grp = ?1", "t", c->id);
		return;
	}
	state_exec("UPDATE groups SET form = ?2, csn = ?3, live = ?4, next = ?5"
	           " WHERE id = ?1",
	           "tttii", c->id,
	           c->after ? js_dump(g->arena, c->after) : NULL, c->csn,
	           (int64_t)c->live, c->next_at);
	if (c->ends)
		state_exec("DELETE FROM holding WHERE grp = ?1", "t", c->id);
	for (size_t i = 0; i < c->added_members.count; i++)
		state_exec("INSERT OR IGNORE INTO holding(grp, member)"
		           " VALUES(?1, ?2)",
		           "tt", c->id, c->added_members.at[i]);
	for (size_t i = 0; i < c->removed_members.count; i++)
		state_exec("DELETE FROM holding WHERE grp = ?1 AND member = ?2",
		           "tt", c->id, c->removed_members.at[i]);
}

/* A refused group waits for the next verification, or until its entry changes;
 * then its members are planned again. */
static void groups_store_refusal(const struct group_change *c)
{
	state_exec("UPDATE groups SET live = 0 WHERE id = ?1", "t", c->id);
	log_event(LOG_CATALOGUE_ENTRY_REJECTED, "group", c->id, NULL);
	quarantine_set(c->directory, c->anchor, QUARANTINE_WRITE,
	               "catalogue-refuses", NULL);
}

static void groups_store_all(struct groups *g, bool all_written)
{
	state_lock();
	state_begin();
	for (size_t i = 0; i < g->changes.count; i++)
		if (g->changes.at[i].done)
			groups_store_change(g, &g->changes.at[i]);
		else if (g->changes.at[i].rejected)
			groups_store_refusal(&g->changes.at[i]);
	for (size_t i = 0; all_written && i < g->rows.count; i++) {
		const struct group_row *row = &g->rows.at[i];

		if (row->held)
			continue;
		if (text_equal(row->what, "member"))
			feide_mark_affiliation(row->name);
		state_exec("DELETE FROM regroup WHERE what = ?1"
		           " AND name = ?2 AND gen = ?3",
		           "tti", row->what, row->name, row->generation);
	}
	state_commit();
	state_unlock();
}

bool groups_apply(const struct config *cfg)
{
	struct groups g = { .arena = arena_open(), .cfg = cfg };
	struct error err = { 0 };

	g.index_of_id = js_own(g.arena, json_object());
	state_lock();
	state_begin();
	groups_plan_all(&g);
	state_commit();
	state_unlock();
	bool any = groups_have_work(&g);
	bool all_written = any && groups_write_all(&g, &err);
	if (any)
		groups_store_all(&g, all_written);
	arena_close(g.arena);
	return all_written;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * groups.c: applies changes to groups, after people: their affiliations and
 * status are final by then.  A member who joins a group of thousands is one
 * value written; no other member is read.  When the catalogue is unavailable
 * the marks stay and the groups are retried. */
#include "sync/writer/groups.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/random.h"
#include "lib/text.h"
#include "sync/writer/apply.h"
#include "sync/writer/feide.h"
#include "sync/writer/state.h"

enum { MOST_ROWS = 20000, HELD_AGAIN_MS = 5000 };

/* ---- marking */

static void note(const char *what, const char *name, const char *directory)
{
	state_do("INSERT INTO regroup(what, name, directory)"
	         " VALUES(?1, ?2, ?3) ON CONFLICT DO UPDATE SET gen = gen + 1,"
	         " held = CASE held WHEN 3 THEN 3 ELSE 0 END",
	         "ttt", what, name, directory);
}

void groups_note_member(const char *affiliation)
{
	state_do("INSERT INTO regroup(what, name, directory) SELECT 'member',"
	         " ?1, (SELECT directory FROM affiliations WHERE id = ?1)"
	         " WHERE true ON CONFLICT DO UPDATE SET gen = gen + 1,"
	         " held = CASE held WHEN 3 THEN 3 ELSE 0 END",
	         "t", affiliation);
}

void groups_note_row(const char *directory, const char *anchor)
{
	state_do("INSERT INTO regroup(what, name, directory) SELECT 'member',"
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
		note("group", anchor, directory);
}

void groups_note_all(void)
{
	state_do("INSERT INTO regroup(what, name, directory)"
	         " SELECT 'group', anchor, directory FROM"
	         " (SELECT anchor, directory FROM records"
	         "  WHERE class <> 'person' UNION"
	         "  SELECT anchor, directory FROM groups) WHERE true"
	         " ON CONFLICT DO UPDATE SET gen = gen + 1",
	         "");
}

static void note_due(void)
{
	state_do("INSERT OR IGNORE INTO regroup(what, name, directory)"
	         " SELECT 'group', anchor, directory FROM groups"
	         " WHERE next > 0 AND next <= ?1",
	         "i", clock_now());
}

void groups_time(void)
{
	static int64_t looked_at;
	bool held_too = clock_monotonic_ms() - looked_at >= HELD_AGAIN_MS;

	if (held_too)
		looked_at = clock_monotonic_ms();
	state_lock();
	state_begin();
	note_due();
	state_do("UPDATE regroup SET held = 0 WHERE held BETWEEN 1 AND ?1", "i",
	         (int64_t)(held_too ? 2 : 1));
	state_commit();
	state_unlock();
}

void groups_release(const char *directory)
{
	state_do("UPDATE regroup SET held = 3 WHERE directory = ?1"
	         " AND held BETWEEN 1 AND 2",
	         "t", directory);
}

/* ---- planning one group */

static json_t *form_in(struct arena *a, const char *text)
{
	json_t *form = NULL;

	if (!text || !js_read(a, text, strlen(text), &form, NULL))
		return NULL;
	return form;
}

struct group_change *groups_change(struct groups *g, const char *id)
{
	const json_t *known = json_object_get(g->known, id);
	size_t count = 0;

	if (known)
		return &g->changes.at[json_integer_value(known)];
	char ***rows = state_rows(g->arena, &count,
	                          "SELECT form, csn, directory, anchor, live,"
	                          " next FROM groups WHERE id = ?1",
	                          "t", id);
	if (count == 0)
		return NULL;
	(void)json_object_set_new(g->known, id,
	                          json_integer((json_int_t)g->changes.count));
	struct group_change *c = list_add(g->arena, &g->changes);
	long long next = 0;
	*c = (struct group_change){ .id = arena_copy(g->arena, id),
		                    .before = form_in(g->arena, rows[0][0]),
		                    .csn = rows[0][1],
		                    .directory = rows[0][2],
		                    .anchor = rows[0][3],
		                    .live = text_equal(rows[0][4], "1") };
	c->after = c->before;
	if (text_to_number(rows[0][5], 0, INT64_MAX, &next))
		c->next = next;
	return c;
}

/* An entry of a source directory, and its group of the catalogue. */
struct entry {
	struct groups *g;
	size_t row;
	const char *directory, *anchor;
	const struct record *record; /* NULL: deleted */
	struct group_source source;
	bool is_group;
};

/* A group that is deleted and created again keeps its id until the deleted one
 * is removed: same municipality, kind, code, school year and directory. */
static const char *find_former(const struct entry *e)
{
	const char *code = record_text(e->record, "group-code");

	return state_text(
	    e->g->arena,
	    "SELECT id FROM groups AS g WHERE directory = ?1"
	    " AND municipality = ?2 AND kind = ?3 AND year = ?4 AND live = 0"
	    " AND json_extract(form, '$.portvaktCode[0]') = ?5"
	    " AND NOT EXISTS (SELECT 1 FROM records AS r WHERE"
	    " r.directory = g.directory AND r.anchor = g.anchor)"
	    " ORDER BY id LIMIT 1",
	    "tttit", e->directory, e->source.municipality->name,
	    group_kind_name(e->source.kind), (int64_t)e->source.year, code);
}

static const char *id_for(const struct entry *e)
{
	struct arena *a = e->g->arena;
	const char *id =
	    state_text(a,
	               "SELECT id FROM groups WHERE directory = ?1"
	               " AND anchor = ?2 AND year = ?3",
	               "tti", e->directory, e->anchor, (int64_t)e->source.year);

	if (id)
		return id;
	id = find_former(e);
	if (id) {
		state_do("UPDATE groups SET anchor = ?2 WHERE id = ?1", "tt",
		         id, e->anchor);
		return id;
	}
	id = random_uuid(a);
	state_do("INSERT INTO groups(id, directory, anchor, year)"
	         " VALUES(?1, ?2, ?3, ?4)",
	         "ttti", id, e->directory, e->anchor, (int64_t)e->source.year);
	return id;
}

static void plan_live(const struct entry *e)
{
	struct arena *a = e->g->arena;
	const struct municipality *m = e->source.municipality;
	const char *id = id_for(e);
	struct group_change *c = groups_change(e->g, id);

	if (!c)
		return;
	if (!c->live || !c->before) {
		group_members_note(e->directory, e->anchor);
		group_holders_note(id);
	}
	c->after = form_of_group(a, e->record, &e->source, id, c->before);
	c->live = true;
	c->next = e->source.year == 0
	              ? 0
	              : school_year_start(&m->school_year, e->source.year + 1);
	state_do("UPDATE groups SET municipality = ?2, kind = ?3, live = 1"
	         " WHERE id = ?1",
	         "ttt", id, m->name, group_kind_name(e->source.kind));
}

/* No threshold applies to classes that a new school year replaces or has
 * replaced. */
static bool is_announced(const struct groups *g, const char *municipality,
                         int64_t year)
{
	const struct municipality *m =
	    region_municipality(g->region, municipality);

	return m && year > 0 &&
	       (year < school_year_at(&m->school_year, clock_now()) ||
	        school_year_overlaps(&m->school_year, clock_now()));
}

static void plan_end(const struct entry *e, struct group_change *c,
                     const char *municipality, int64_t year)
{
	struct groups *g = e->g;
	int64_t ended = 0;
	const char *until;

	if (!c->before) {
		state_do("DELETE FROM groups WHERE id = ?1", "t", c->id);
		return;
	}
	c->after = form_of_ended_group(g->arena, c->before);
	until = form_text(c->after, "portvaktUntil");
	if (!until || !clock_from_ldap(until, &ended))
		ended = 0;
	c->next = ended + g->region->grace;
	c->live = false;
	if (text_equal(form_text(c->before, "portvaktStatus"), "suspended")) {
		c->ends = c->next <= clock_now();
		c->after = c->ends ? NULL : c->before;
		return;
	}
	c->ends = true;
	*list_add(g->arena, &g->losses) = (struct group_loss){
		.change = (size_t)(c - g->changes.at),
		.directory = e->directory,
		.row = e->row,
		.count = (size_t)state_number("SELECT count(*) FROM holding"
		                              " WHERE grp = ?1",
		                              "t", c->id),
		.released = g->rows.at[e->row].released ||
		            is_announced(g, municipality, year),
	};
}

/* Last year's classes stay unchanged until the overlap ends. */
static bool is_last_years(const struct groups *g, const char *municipality,
                          int64_t year, int64_t *ret_until, bool *ret_undone)
{
	const struct municipality *m =
	    region_municipality(g->region, municipality);
	int64_t now = clock_now();

	if (!m || year == 0)
		return false;
	int64_t is_now = school_year_at(&m->school_year, now);
	*ret_undone = year > is_now;
	*ret_until = school_year_start(&m->school_year, (int)is_now) +
	             m->school_year.overlap;
	return year == is_now - 1 && now < *ret_until;
}

static void plan_other(const struct entry *e, char **row)
{
	struct group_change *c = groups_change(e->g, row[0]);
	long long year = 0;
	int64_t until = 0;
	bool undone = false;

	if (!c || !text_to_number(row[1], 0, 9999, &year))
		return;
	if (is_last_years(e->g, row[2], year, &until, &undone)) {
		c->live = false;
		c->next = until;
		state_do("UPDATE groups SET live = 0 WHERE id = ?1", "t",
		         c->id);
		return;
	}
	if (!undone) {
		plan_end(e, c, row[2], year);
		return;
	}
	/* The change of the school year was reverted. */
	c->after = NULL;
	c->live = false;
	c->ends = true;
}

/* Nothing is written for a directory in a dry run. */
static bool is_rehearsed(const struct groups *g, const char *directory)
{
	const struct directory_conf *d = region_directory(g->region, directory);

	return d && d->rehearse;
}

static void plan_entry(struct groups *g, size_t row)
{
	struct arena *a = g->arena;
	struct entry e = { .g = g,
		           .row = row,
		           .directory = g->rows.at[row].directory,
		           .anchor = g->rows.at[row].name };
	size_t count = 0;

	if (is_rehearsed(g, e.directory))
		return;
	e.record = record_read(a, e.directory, e.anchor);
	e.is_group = group_of(a, g->region, e.record, &e.source);
	char ***rows = state_rows(a, &count,
	                          "SELECT id, year, municipality FROM groups"
	                          " WHERE directory = ?1 AND anchor = ?2"
	                          " AND (?3 = 0 OR year <> ?4)",
	                          "ttii", e.directory, e.anchor,
	                          (int64_t)e.is_group, (int64_t)e.source.year);
	for (size_t i = 0; i < count; i++)
		plan_other(&e, rows[i]);
	if (e.is_group)
		plan_live(&e);
}

/* ---- planning and writing all */

static void take_rows(struct groups *g, const char *what)
{
	size_t count = 0;
	char ***rows =
	    state_rows(g->arena, &count,
	               "SELECT what, name, directory, gen, held FROM regroup"
	               " WHERE what = ?1 AND held IN (0, 3) LIMIT ?2",
	               "ti", what, (int64_t)MOST_ROWS);

	for (size_t i = 0; i < count; i++) {
		long long gen = 0;

		(void)!text_to_number(rows[i][3], 0, INT64_MAX, &gen);
		*list_add(g->arena, &g->rows) = (struct group_row){
			.what = rows[i][0],
			.name = rows[i][1],
			.directory = rows[i][2],
			.gen = gen,
			.released = text_equal(rows[i][4], "3"),
		};
	}
}

static bool any_to_do(const struct groups *g)
{
	for (size_t i = 0; i < g->rows.count; i++)
		if (!g->rows.at[i].held)
			return true;
	return false;
}

/* Two provisioners created a group each for one entry: one is removed. */
static void plan_doubles(struct groups *g)
{
	for (size_t i = 0; i < g->rows.count; i++)
		*list_add(g->arena, &g->changes) =
		    (struct group_change){ .id = g->rows.at[i].name,
			                   .directory = g->rows.at[i].directory,
			                   .before =
			                       js_keep(g->arena, json_object()),
			                   .ends = true };
}

/* Groups first: members can only be added to existing groups. */
static void plan_all(struct groups *g)
{
	take_rows(g, "double");
	plan_doubles(g);
	if (g->rows.count > 0)
		return;
	take_rows(g, "group");
	for (size_t i = 0; i < g->rows.count; i++)
		plan_entry(g, i);
	group_brake(g);
	if (any_to_do(g))
		return;
	g->rows.count = 0;
	g->losses.count = 0;
	take_rows(g, "member");
	for (size_t i = 0; i < g->rows.count; i++)
		group_member_plan(g, i);
	group_brake(g);
}

static bool write_all(struct groups *g, struct fault *why)
{
	bool raced = false;

	for (size_t i = 0; i < g->changes.count; i++) {
		struct group_change *c = &g->changes.at[i];

		if (!group_write(g->region, g->arena, c, why))
			return false;
		raced |= c->raced;
	}
	return !raced;
}

static void note_change(struct groups *g, const struct group_change *c)
{
	if (!json_equal(c->before, c->after))
		feide_note_holders(c->id);
	if (!c->after && c->ends) {
		state_do("DELETE FROM groups WHERE id = ?1", "t", c->id);
		state_do("DELETE FROM holding WHERE grp = ?1", "t", c->id);
		return;
	}
	state_do("UPDATE groups SET form = ?2, csn = ?3, live = ?4, next = ?5"
	         " WHERE id = ?1",
	         "tttii", c->id, c->after ? js_write(g->arena, c->after) : NULL,
	         c->csn, (int64_t)c->live, c->next);
	if (c->ends)
		state_do("DELETE FROM holding WHERE grp = ?1", "t", c->id);
	for (size_t i = 0; i < c->joins.count; i++)
		state_do("INSERT OR IGNORE INTO holding(grp, member)"
		         " VALUES(?1, ?2)",
		         "tt", c->id, c->joins.at[i]);
	for (size_t i = 0; i < c->leaves.count; i++)
		state_do("DELETE FROM holding WHERE grp = ?1 AND member = ?2",
		         "tt", c->id, c->leaves.at[i]);
}

/* A refused group waits for the next verification, or until its entry changes;
 * then its members are planned again. */
static void note_refusal(const struct group_change *c)
{
	state_do("UPDATE groups SET live = 0 WHERE id = ?1", "t", c->id);
	log_warn("the catalogue refuses a group", "group", c->id, NULL);
	state_do("INSERT OR REPLACE INTO quarantine VALUES(?1, ?2,"
	         " 'catalogue-refuses', ?3)",
	         "tti", c->directory, c->anchor, clock_now());
}

static void note_all(struct groups *g, bool whole)
{
	state_lock();
	state_begin();
	for (size_t i = 0; i < g->changes.count; i++)
		if (g->changes.at[i].done)
			note_change(g, &g->changes.at[i]);
		else if (g->changes.at[i].refused)
			note_refusal(&g->changes.at[i]);
	for (size_t i = 0; whole && i < g->rows.count; i++) {
		const struct group_row *row = &g->rows.at[i];

		if (row->held)
			continue;
		if (text_equal(row->what, "member"))
			feide_note(row->name);
		state_do("DELETE FROM regroup WHERE what = ?1"
		         " AND name = ?2 AND gen = ?3",
		         "tti", row->what, row->name, row->gen);
	}
	state_commit();
	state_unlock();
}

bool groups_apply(const struct region *r)
{
	struct groups g = { .arena = arena_open(), .region = r };
	struct fault why = { 0 };

	g.known = js_keep(g.arena, json_object());
	state_lock();
	state_begin();
	plan_all(&g);
	state_commit();
	state_unlock();
	bool some = any_to_do(&g);
	bool whole = some && write_all(&g, &why);
	if (some)
		note_all(&g, whole);
	arena_close(g.arena);
	return whole;
}

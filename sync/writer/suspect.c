/* SPDX-License-Identifier: AGPL-3.0-or-later
 * change_impact.c: assesses the counted effects of each dirty row before it is
 * applied: deactivation, loss of a value, a new role, creation, change by a
 * new configuration. */
#include <string.h>

#include "lib/clock.h"
#include "lib/text.h"
#include "sync/writer/guard.h"
#include "sync/writer/state.h"

enum { SOME = 1000 }; /* rows at once: connectors wait meanwhile */

/* Attributes that count when a new configuration changes them. */
static const char *const grave[] = { "portvaktMunicipality",
	                             "portvaktKind",
	                             "portvaktRole",
	                             "portvaktLogin",
	                             "portvaktUnit",
	                             "portvaktUntil",
	                             "mail",
	                             "cn" };

/* A dirty row being assessed. */
struct look {
	struct arena *arena;
	const struct region *region;
	const char *directory, *anchor;
	const char *cause; /* NULL: the source changed it */
	const struct record *record;
	struct shape shape;
	bool is_shaped, off;
	const char *person;
	const json_t *before, *after;
	json_t *known; /* flags of directories */
	bool found;
};

static void suspect(struct look *l, enum hold what, const char *detail)
{
	state_do("INSERT OR IGNORE INTO suspects VALUES(?1, ?2, ?3, ?4)",
	         "ttit", l->directory, l->anchor, (int64_t)what, detail);
	l->found = true;
}

/* A flag of the directory is computed once for all its rows. */
static bool is_so(struct look *l, const char *what,
                  bool (*ask)(const char *directory))
{
	char *name = arena_print(l->arena, "%s %s", what, l->directory);
	json_t *known = json_object_get(l->known, name);

	if (!known) {
		known = json_boolean(ask(l->directory));
		(void)json_object_set_new(l->known, name, known);
	}
	return json_is_true(known);
}

static bool is_first_day(struct look *l)
{
	return is_so(l, "young", guard_is_first_day);
}

/* ---- lost and gained values */

static void find_lost(struct look *l)
{
	for (const char *const *name = guard_important; *name; name++)
		if (js_array(l->before, *name) && !js_array(l->after, *name))
			suspect(l, HOLD_VALUES, *name);
}

/* Values of a person with one affiliation: the number and the given name. */
static void find_lost_of_person(struct look *l)
{
	struct arena *a = l->arena;
	size_t count = 0;
	char ***rows = state_rows(a, &count,
	                          "SELECT p.joins, p.form FROM people AS p"
	                          " WHERE p.id = ?1 AND (SELECT count(*) FROM"
	                          " affiliations AS f WHERE f.person = p.id)"
	                          " = 1",
	                          "t", l->person);
	json_t *form = NULL;

	if (count == 0)
		return;
	if (l->shape.joins && rows[0][0] && !l->record->joins &&
	    !l->record->flaw)
		suspect(l, HOLD_VALUES, "national-id");
	if (record_text(l->record, "given-name") || !rows[0][1] ||
	    !js_read(a, rows[0][1], strlen(rows[0][1]), &form, NULL))
		return;
	if (form_text(form, "givenName"))
		suspect(l, HOLD_VALUES, "givenName");
}

/* Returns whether the catalogue has a protection that no entry has now. */
static bool is_bared(const struct look *l)
{
	struct arena *a = l->arena;
	size_t count = 0;
	char ***rows = state_rows(
	    a, &count,
	    "SELECT f.directory, f.anchor FROM people AS p JOIN affiliations"
	    " AS f ON f.person = p.id WHERE p.id = ?1 AND"
	    " json_extract(p.form, '$.portvaktProtected[0]') IS NOT NULL",
	    "t", l->person);

	for (size_t i = 0; i < count; i++) {
		const struct record *record =
		    record_read(a, rows[i][0], rows[i][1]);
		struct shape s;

		if (record_shape(a, l->region, record, &s) &&
		    record_protection(a, record))
			return false;
	}
	return count > 0;
}

static bool has_value(const json_t *form, const char *name, const char *value)
{
	const json_t *list = js_array(form, name);

	for (size_t i = 0; i < json_array_size(list); i++)
		if (text_equal(json_string_value(json_array_get(list, i)),
		               value))
			return true;
	return false;
}

static void find_gained(struct look *l)
{
	for (char **role = l->shape.roles; *role; role++)
		if (!has_value(l->before, "portvaktRole", *role))
			suspect(l, HOLD_ROLES, *role);
}

static const char *in_words(struct arena *a, const json_t *form,
                            const char *name)
{
	const json_t *list = js_array(form, name);

	return list ? js_write(a, list) : "nothing";
}

static bool differs(const json_t *before, const json_t *after, const char *name)
{
	const json_t *had = js_array(before, name);
	const json_t *has = js_array(after, name);

	return had != has && !json_equal(had, has);
}

static void find_configured(struct look *l)
{
	struct arena *a = l->arena;

	for (size_t i = 0; i < LENGTH(grave); i++)
		if (differs(l->before, l->after, grave[i]))
			suspect(l, HOLD_CONFIGURATION,
			        arena_print(a, "%s %s -> %s", grave[i],
			                    in_words(a, l->before, grave[i]),
			                    in_words(a, l->after, grave[i])));
}

/* ---- one row */

/* An entry held by a configuration change stays so after its own changes. */
static const char *cause_of(char **row)
{
	if (row[2] || !(guard_holds(row[0], row[1]) & HOLD_CONFIGURATION))
		return row[2];
	return "unknown";
}

/* A person of this directory whose entry is gone has a new entry. */
static bool is_return(const struct look *l)
{
	return l->shape.joins && l->record->joins &&
	       state_number(
		   "SELECT count(*) FROM people AS p JOIN affiliations AS f"
		   " ON f.person = p.id WHERE p.joins = ?1"
		   " AND f.directory = ?2 AND NOT EXISTS (SELECT 1 FROM"
		   " records AS r WHERE r.directory = f.directory"
		   " AND r.anchor = f.anchor)",
		   "tt", l->record->joins, l->directory) > 0;
}

static void look_at_new(struct look *l)
{
	bool strange = l->is_shaped && is_so(l, "strange", source_is_strange);

	if (!l->is_shaped || (!strange && (is_first_day(l) || is_return(l))))
		return;
	suspect(l, HOLD_NEWCOMER, l->shape.municipality->name);
	find_gained(l);
}

/* Suspended with an existing entry means disabled: now it is enabled. */
static void look_at_suspended(struct look *l)
{
	if (l->is_shaped && !l->off && form_text(l->before, "portvaktSourceDn"))
		suspect(l, HOLD_VALUES, "disabled");
}

static void look_at_active(struct look *l)
{
	/* Exclusion by an operator is no accident. */
	if (!l->is_shaped && record_is_out(l->arena, l->directory, l->anchor))
		return;
	if (l->off || (!l->is_shaped && plan_is_complete(l->directory)) ||
	    brake_ends_early(l->before, l->after))
		suspect(l, HOLD_LEAVING, "");
	if (!l->is_shaped)
		return;
	if (l->cause && !is_first_day(l))
		find_configured(l);
	if (l->off || text_equal(l->cause, "configuration"))
		return;
	find_lost(l);
	find_lost_of_person(l);
	if (!is_first_day(l))
		find_gained(l);
}

static const json_t *form_in(struct arena *a, const char *text)
{
	json_t *form = NULL;

	return text && js_read(a, text, strlen(text), &form, NULL) ? form
	                                                           : NULL;
}

static void look_at(struct look *l)
{
	struct arena *a = l->arena;
	size_t count = 0;
	char ***rows = state_rows(a, &count,
	                          "SELECT id, person, form, status"
	                          " FROM affiliations WHERE directory = ?1"
	                          " AND anchor = ?2",
	                          "tt", l->directory, l->anchor);

	l->record = record_read(a, l->directory, l->anchor);
	l->is_shaped = record_shape(a, l->region, l->record, &l->shape);
	l->off = l->is_shaped && record_is_disabled(l->record, clock_now());
	l->before = count > 0 ? form_in(a, rows[0][2]) : NULL;
	if (!l->before) {
		look_at_new(l);
		return;
	}
	l->person = rows[0][1];
	if (l->is_shaped)
		l->after =
		    form_of_affiliation(a, l->record, &l->shape, rows[0][0]);
	/* A single one is held: lives may depend on it. */
	if (l->is_shaped && is_bared(l))
		suspect(l, HOLD_VALUES, "protected");
	if (text_equal(rows[0][3], "active"))
		look_at_active(l);
	else
		look_at_suspended(l);
}

static bool look_at_row(const struct region *r, char **row, json_t *known)
{
	struct look l = { .arena = arena_open(),
		          .region = r,
		          .directory = row[0],
		          .anchor = row[1],
		          .cause = cause_of(row),
		          .known = known };

	state_do("DELETE FROM suspects WHERE directory = ?1 AND anchor = ?2",
	         "tt", row[0], row[1]);
	look_at(&l);
	state_do("UPDATE dirty SET judged = gen WHERE directory = ?1"
	         " AND anchor = ?2",
	         "tt", row[0], row[1]);
	arena_close(l.arena);
	return l.found;
}

bool suspect_some(const struct region *r, bool *ret_found)
{
	struct arena *a = arena_open();
	json_t *known = js_keep(a, json_object());
	size_t count = 0;
	char ***rows = state_rows(a, &count,
	                          "SELECT directory, anchor, cause FROM dirty"
	                          " WHERE judged <> gen ORDER BY at LIMIT ?1",
	                          "i", (int64_t)SOME);
	bool found = false;

	for (size_t i = 0; i < count; i++)
		found |= look_at_row(r, rows[i], known);
	arena_close(a);
	*ret_found = found;
	return count == SOME;
}

int suspect_of(const char *directory, const char *anchor)
{
	return (int)state_number("SELECT sum(what) FROM (SELECT DISTINCT what"
	                         " FROM suspects WHERE directory = ?1"
	                         " AND anchor = ?2)",
	                         "tt", directory, anchor);
}

void suspect_passed(const char *directory, const char *anchor)
{
	int64_t held = guard_holds(directory, anchor);

	state_do("INSERT INTO passed SELECT directory, what, detail, ?4"
	         " FROM suspects WHERE directory = ?1 AND anchor = ?2"
	         " AND (what & ?3) = 0 AND what IN (4, 8)",
	         "ttii", directory, anchor, held, clock_now());
	state_do("DELETE FROM suspects WHERE directory = ?1 AND anchor = ?2"
	         " AND (what & ?3) = 0",
	         "tti", directory, anchor, held);
}

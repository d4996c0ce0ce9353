/* SPDX-License-Identifier: AGPL-3.0-or-later
 * apply.c: carries out plans, one person at a time: the person's entry, then
 * the affiliations.  The cache is updated after the write; if the process
 * crashes between the two, catalogue_verify.c finds the difference. */
#include "sync/writer/apply.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/list.h"
#include "lib/log.h"
#include "lib/text.h"
#include "sync/writer/feide.h"
#include "sync/writer/groups.h"
#include "sync/writer/guard.h"
#include "sync/writer/state.h"
#include "sync/writer/writer.h"

enum { BATCH = 100 };

/* ---- one person */

/* The result of a plan. */
struct outcome {
	struct plan plan;
	const struct step *refused; /* first rejected step; text: the error */
	char *text;
};

static bool is_active(const json_t *form)
{
	return text_equal(form_text(form, "portvaktStatus"), "active");
}

/* A rejected entry must not stay active: if the step deactivates it, only that
 * change is written. */
static bool leave_at_least(const struct region *r, struct arena *a,
                           struct step *s, struct fault *why)
{
	static const char *const names[] = { "portvaktStatus",
		                             "portvaktSuspended" };
	struct step least = *s;

	if (s->kind != STEP_CHANGE || s->under || !is_active(s->before) ||
	    is_active(s->after))
		return true;
	json_t *form = js_keep(a, json_deep_copy(s->before));
	for (size_t i = 0; i < LENGTH(names); i++)
		form_set(form, names[i], form_text(s->after, names[i]));
	least.after = form;
	least.sealed = NULL;
	if (!bring(r, a, &least, why))
		return why->kind == FAULT_INVALID;
	*s = least;
	s->done = true;
	return true;
}

/* Returns whether to continue with this person's next step.  Nothing can be
 * written below a person that does not exist. */
static bool step_refused(struct outcome *o, struct arena *a, struct step *s,
                         const struct fault *why)
{
	if (!o->refused) {
		o->refused = s;
		o->text = arena_copy(a, why->text);
	}
	return !s->is_person || s->kind != STEP_ADD;
}

static bool take_step(const struct region *r, struct arena *a, struct step *s,
                      struct fault *why)
{
	if (s->kind == STEP_REMOVE)
		return remove_entry(r, a, s, why);
	return (!s->under || relocate(r, a, s, why)) && bring(r, a, s, why);
}

static bool carry_out(const struct region *r, struct arena *a,
                      struct outcome *o, struct fault *why)
{
	for (size_t i = 0; i < o->plan.count; i++) {
		struct step *s = &o->plan.steps[i];
		struct fault inner = { 0 };
		struct fault again = { 0 };

		s->done = take_step(r, a, s, &inner);
		if (s->done)
			continue;
		if (inner.kind != FAULT_INVALID)
			return fault(why, inner.kind, "%s", inner.text);
		if (!step_refused(o, a, s, &inner))
			return true;
		if (!leave_at_least(r, a, s, &again))
			return fault(why, again.kind, "%s", again.text);
	}
	return true;
}

static int64_t time_of(const json_t *form, const char *name)
{
	const char *text = form_text(form, name);
	int64_t when = 0;

	if (text && !clock_from_ldap(text, &when))
		return 0;
	return when;
}

/* Removes planned but never written affiliations; an entry that comes back
 * later gets a new person. */
static void note_end(const char *person)
{
	state_do("DELETE FROM affiliations WHERE person = ?1 AND form IS NULL",
	         "t", person);
	state_do("DELETE FROM people WHERE id = ?1", "t", person);
}

static void note_person(struct arena *a, const struct step *s)
{
	if (!s->after) {
		note_end(s->id);
		return;
	}
	state_do("UPDATE people SET form = ?1, csn = ?2 WHERE id = ?3", "ttt",
	         js_write(a, s->after), s->csn, s->id);
}

static void note_affiliation(struct arena *a, const struct step *s)
{
	if (!s->after) {
		state_do("DELETE FROM affiliations WHERE id = ?1", "t", s->id);
		groups_note_member(s->id);
		return;
	}
	if (!text_equal(form_text(s->before, "portvaktStatus"),
	                form_text(s->after, "portvaktStatus")))
		groups_note_member(s->id);
	if (is_active(s->before) &&
	    (!is_active(s->after) || brake_ends_early(s->before, s->after)))
		brake_note_leaver(s->directory, s->anchor);
	/* Writing it as active also sets portvaktLastSeen (ldap_apply.c). */
	state_do("UPDATE affiliations SET form = ?1, csn = ?2, status = ?3,"
	         " suspended = ?4, made = CASE made WHEN 0 THEN ?6 ELSE made"
	         " END, seen = CASE ?3 WHEN 'active' THEN ?6 ELSE seen END,"
	         " under = ?7 WHERE id = ?5",
	         "tttitit", js_write(a, s->after), s->csn,
	         form_text(s->after, "portvaktStatus"),
	         time_of(s->after, "portvaktSuspended"), s->id, clock_now(),
	         s->person);
}

static void note_step(struct arena *a, const struct step *s)
{
	if (s->is_person) {
		note_person(a, s);
		feide_note_person(s->id);
		return;
	}
	note_affiliation(a, s);
	feide_note(s->id);
}

/* A rejected entry is quarantined and does not block the others. */
static void note_refusal(const struct outcome *o)
{
	log_warn("the catalogue refuses an entry", "person", o->plan.person,
	         "entry", o->refused->id, "why", o->text, NULL);
	state_do("INSERT OR REPLACE INTO quarantine SELECT directory, anchor,"
	         " 'catalogue-refuses', ?2 FROM affiliations"
	         " WHERE person = ?1",
	         "ti", o->plan.person, clock_now());
}

static void note_outcome(struct arena *a, const struct outcome *o)
{
	for (size_t i = 0; i < o->plan.count; i++)
		if (o->plan.steps[i].done)
			note_step(a, &o->plan.steps[i]);
	if (o->refused)
		note_refusal(o);
}

/* ---- dirty rows */

struct batch {
	struct arena *arena;
	LIST(char **) rows; /* directory, anchor, gen */
	LIST(char *) people;
	LIST(struct outcome) outcomes;
	json_t *met;   /* people already in the list */
	json_t *taken; /* keys of rows: of other rows, counted changes are
		        * held */
	bool more;     /* rows remain to be assessed first */
};

static void add_person(struct batch *b, char *person)
{
	if (!person || json_object_get(b->met, person))
		return;
	(void)json_object_set_new(b->met, person, json_true());
	*list_add(b->arena, &b->people) = person;
}

static bool waits_for_welcome(const char *directory, const char *anchor)
{
	return guard_holds(directory, anchor) & HOLD_NEWCOMER &&
	       state_number("SELECT count(*) FROM affiliations WHERE"
	                    " directory = ?1 AND anchor = ?2"
	                    " AND form IS NOT NULL",
	                    "tt", directory, anchor) == 0;
}

const char *apply_match(struct arena *a, const struct region *r,
                        const char *directory, const char *anchor)
{
	const struct record *record = record_read(a, directory, anchor);
	const char *left = NULL;
	struct shape s;
	bool ours = record_shape(a, r, record, &s);

	if (ours && !waits_for_welcome(directory, anchor))
		(void)match(a, r, record, &s, &left);
	else if (!ours)
		match_forget(directory, anchor);
	if (ours && !record_is_disabled(record, clock_now()))
		brake_forget(directory, anchor);
	return left;
}

static void take_row(struct batch *b, const struct region *r, char **row)
{
	struct arena *a = b->arena;

	*list_add(a, &b->rows) = row;
	(void)json_object_set_new(b->taken, record_name(a, row[0], row[1]),
	                          json_true());
	const char *left = apply_match(a, r, row[0], row[1]);
	add_person(b, state_text(a,
	                         "SELECT person FROM affiliations"
	                         " WHERE directory = ?1 AND anchor = ?2",
	                         "tt", row[0], row[1]));
	add_person(b, arena_copy(a, left));
}

static char ***dirty_rows(struct batch *b, size_t most, size_t *ret_count)
{
	return state_rows(b->arena, ret_count,
	                  "SELECT directory, anchor, gen FROM dirty"
	                  " WHERE judged = gen ORDER BY at LIMIT ?1",
	                  "i", (int64_t)most);
}

/* A dry-run directory is never written; it is assessed when that ends. */
static void skip_rehearsals(const struct region *r)
{
	for (size_t i = 0; i < r->directory_count; i++)
		if (r->directories[i].rehearse)
			state_do("DELETE FROM dirty WHERE directory = ?1", "t",
			         r->directories[i].name);
}

/* The guard is evaluated only if a change is counted, a source is still
 * sending, or its interval has passed, which includes the start. */
static bool guard_is_needed(bool found, bool settling)
{
	bool due = guard_is_due();

	return found || settling || due;
}

/* Returns true if all rows are assessed. */
static bool look_at_dirty(const struct region *r, json_t *waiting)
{
	static bool found, settling;
	bool some = false;
	bool more = suspect_some(r, &some);

	found |= some;
	if (more)
		return false;
	if (guard_is_needed(found, settling))
		guard_look(r, waiting);
	else
		return true;
	found = false;
	settling = json_object_size(waiting) > 0;
	return true;
}

static void take_dirty(struct batch *b, const struct region *r)
{
	json_t *waiting = js_keep(b->arena, json_object());
	size_t count = 0;

	skip_rehearsals(r);
	b->more = !look_at_dirty(r, waiting);
	if (b->more)
		return;
	char ***rows = dirty_rows(b, BATCH + json_object_size(waiting), &count);
	for (size_t i = 0; i < count; i++) {
		char *name = record_name(b->arena, rows[i][0], rows[i][1]);

		if (!json_object_get(waiting, name))
			take_row(b, r, rows[i]);
	}
}

static void plan_batch(struct batch *b, const struct region *r)
{
	state_lock();
	state_begin();
	take_dirty(b, r);
	for (size_t i = 0; i < b->people.count; i++)
		*list_add(b->arena, &b->outcomes) = (struct outcome){
			.plan =
			    plan_person(b->arena, r, b->people.at[i], b->taken)
		};
	state_commit();
	state_unlock();
}

static bool carry_out_those(struct batch *b, const struct region *r, bool ends,
                            struct fault *why)
{
	for (size_t i = 0; i < b->outcomes.count; i++)
		if (b->outcomes.at[i].plan.ends == ends &&
		    !carry_out(r, b->arena, &b->outcomes.at[i], why))
			return false;
	return true;
}

/* People that stay come first: an affiliation may move to them from a person
 * that is removed, which must be empty by then. */
static bool carry_out_batch(struct batch *b, const struct region *r,
                            struct fault *why)
{
	return carry_out_those(b, r, false, why) &&
	       carry_out_those(b, r, true, why);
}

static void note_batch(struct batch *b, bool whole)
{
	state_lock();
	state_begin();
	for (size_t i = 0; i < b->outcomes.count; i++)
		note_outcome(b->arena, &b->outcomes.at[i]);
	for (size_t i = 0; whole && i < b->rows.count; i++) {
		char **row = b->rows.at[i];
		long long gen = 0;

		groups_note_row(row[0], row[1]);
		(void)!text_to_number(row[2], 0, INT64_MAX, &gen);
		suspect_passed(row[0], row[1]);
		state_do("DELETE FROM dirty WHERE directory = ?1"
		         " AND anchor = ?2 AND gen = ?3",
		         "tti", row[0], row[1], (int64_t)gen);
	}
	state_commit();
	state_unlock();
}

/* Logs when the catalogue becomes unavailable and available again. */
static bool note_catalogue(bool well, const struct fault *why)
{
	static bool was_away;

	if (well == was_away && well)
		log_info("the catalogue is back", NULL);
	if (!well && !was_away)
		log_warn("the catalogue is away", "why", why->text, NULL);
	was_away = !well;
	return well;
}

bool apply_some(const struct region *r)
{
	struct batch b = { .arena = arena_open() };
	struct fault why = { 0 };

	b.met = js_keep(b.arena, json_object());
	b.taken = js_keep(b.arena, json_object());
	plan_batch(&b, r);
	bool some = b.rows.count > 0 || b.more;
	if (b.rows.count > 0) {
		bool whole = carry_out_batch(&b, r, &why);

		note_batch(&b, whole);
		some = note_catalogue(whole, &why);
	}
	arena_close(b.arena);
	return some;
}

/* ---- people without affiliations */

/* Returns whether all sources are read completely and no row is dirty. */
static bool all_is_known(const struct region *r)
{
	bool known = state_number("SELECT count(*) FROM dirty", "") == 0;

	for (size_t i = 0; i < r->directory_count && known; i++)
		known = plan_is_complete(r->directories[i].name);
	return known;
}

/* Removes people whose affiliations are all gone, or were never written before
 * a crash; only when no source entry can return to them. */
bool apply_orphans(const struct region *r)
{
	struct batch b = { .arena = arena_open() };
	struct fault why = { 0 };
	size_t count = 0;

	state_lock();
	bool now = all_is_known(r);
	char ***rows = state_rows(b.arena, &count,
	                          "SELECT id FROM people AS p WHERE ?1"
	                          " AND NOT EXISTS"
	                          " (SELECT 1 FROM affiliations AS f"
	                          " WHERE f.person = p.id)",
	                          "i", (int64_t)now);
	for (size_t i = 0; i < count; i++)
		*list_add(b.arena, &b.outcomes) =
		    (struct outcome){ .plan = plan_person(b.arena, r,
			                                  rows[i][0], NULL) };
	state_unlock();
	bool whole = carry_out_batch(&b, r, &why);
	note_batch(&b, whole);
	(void)note_catalogue(whole, &why);
	arena_close(b.arena);
	return now && whole;
}

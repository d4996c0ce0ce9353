/* SPDX-License-Identifier: AGPL-3.0-or-later
 * apply.c: changes the catalogue, one person at a time: the person, then the
 * affiliations.  What was written is noted after it was; a crash between the
 * two is found out by reading the catalogue back. */
#include "sync/writer/apply.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/list.h"
#include "lib/log.h"
#include "lib/text.h"
#include "sync/writer/state.h"
#include "sync/writer/writer.h"

enum { BATCH = 100, TRIES = 3 };

struct catalogue_writer *catalogue_writer;

/* ---- one entry */

static const char *const person_classes[] = { "inetOrgPerson", "eduPerson",
	                                      "norEduPerson", "portvaktPerson",
	                                      NULL };
static const char *const affiliation_classes[] = { "portvaktAffiliation",
	                                           NULL };

char *dn_of(struct arena *a, const struct region *r, const struct step *s)
{
	if (s->is_person)
		return arena_print(a, "portvaktId=%s,ou=people,%s", s->id,
		                   r->catalogue.base);
	return arena_print(a, "portvaktId=%s,portvaktId=%s,ou=people,%s", s->id,
	                   s->person, r->catalogue.base);
}

static struct directory_change text_change(struct arena *a, const char *name,
                                           const char *const *texts)
{
	size_t count = 0;

	while (texts[count])
		count++;
	struct directory_value *values =
	    arena_array(a, struct directory_value, count);
	for (size_t i = 0; i < count; i++)
		values[i] = (struct directory_value){ (char *)texts[i],
			                              strlen(texts[i]) };
	return (struct directory_change){ CHANGE_REPLACE, name, values, count };
}

/* What goes along and is never compared: classes, the sealed number, when it
 * was last seen. */
static size_t add_uncompared(struct arena *a, const struct step *s, bool whole,
                             struct directory_change *to)
{
	size_t n = 0;

	if (whole)
		to[n++] = text_change(a, "objectClass",
		                      s->is_person ? person_classes
		                                   : affiliation_classes);
	if (s->sealed) {
		const char *texts[] = { s->sealed, NULL };

		to[n++] = text_change(a, "portvaktNationalId", texts);
	}
	if (!s->is_person &&
	    text_equal(form_text(s->after, "portvaktStatus"), "active")) {
		const char *texts[] = { clock_ldap(a, clock_now()), NULL };

		to[n++] = text_change(a, "portvaktLastSeen", texts);
	}
	return n;
}

/* From before to after, living in a, with all that goes along. */
static struct directory_change *changes_for(struct arena *a,
                                            const struct step *s,
                                            const json_t *before,
                                            size_t *ret_count, char **ret_names)
{
	size_t compared = 0;
	const struct directory_change *changes =
	    form_changes(a, before, s->after, &compared, ret_names);
	struct directory_change *all =
	    arena_array(a, struct directory_change, compared + 3);
	size_t n = 0;

	*ret_count = 0;
	if (before && compared == 0)
		return all;
	for (size_t i = 0; i < compared; i++)
		all[n++] = changes[i];
	*ret_count = n + add_uncompared(a, s, !before, &all[n]);
	return all;
}

/* What an entry of the catalogue is now. */
struct reread {
	struct arena *arena;
	const char *const *names;
	json_t *form;
	const char *csn;
};

static bool keep_entry(void *with, const struct directory_entry *e,
                       struct fault *why)
{
	struct reread *k = with;

	(void)why;
	k->form = form_of_entry(k->arena, e, k->names);
	k->csn = arena_copy(k->arena, entry_text(e, "entryCSN"));
	return true;
}

static bool read_again(const struct region *r, struct reread *k,
                       const struct step *s, const char *dn, struct fault *why)
{
	static const char *const all[] = { "*", "entryCSN", NULL };

	k->form = NULL;
	k->csn = NULL;
	k->names = s->is_person ? person_form_names : affiliation_form_names;
	return catalogue_each(catalogue_writer, r, dn, SCOPE_BASE,
	                      "(objectClass=*)", all, keep_entry, k, why);
}

/* Adds or changes until the entry is as it should be.  One that somebody else
 * wrote meanwhile is read again, and brought from there. */
static bool bring(const struct region *r, struct arena *a, struct step *s,
                  struct fault *why)
{
	struct reread now = { .arena = a,
		              .form = (json_t *)s->before,
		              .csn = s->csn };
	const char *dn = dn_of(a, r, s);
	char *names = NULL;

	for (int try = 0; try < TRIES; try++) {
		enum write_result result = WRITE_FAILED;
		size_t count = 0;
		char *csn = NULL;
		struct directory_change *changes =
		    changes_for(a, s, now.form, &count, &names);

		if (now.form && count == 0) {
			s->csn = now.csn;
			return true;
		}
		bool good =
		    now.form
			? catalogue_change(catalogue_writer, r, a, dn, changes,
		                           count, now.csn, &result, &csn, why)
			: catalogue_add(catalogue_writer, r, a, dn, changes,
		                        count, &result, &csn, why);
		if (!good)
			return false;
		if (result == WRITE_DONE) {
			s->csn = csn;
			journal(s, names);
			return true;
		}
		if (!read_again(r, &now, s, dn, why))
			return false;
	}
	/* Or what it lies below is gone: reading back finds out. */
	control_want_readback();
	return fault(why, FAULT_INVALID, "somebody else keeps writing it");
}

static bool remove_entry(const struct region *r, struct arena *a,
                         struct step *s, struct fault *why)
{
	enum write_result result = WRITE_FAILED;

	if (!s->before)
		return true;
	if (!catalogue_remove(catalogue_writer, r, a, dn_of(a, r, s), &result,
	                      why))
		return false;
	journal(s, NULL);
	return true;
}

/* ---- one person */

/* What became of a plan. */
struct outcome {
	struct plan plan;
	const struct step *refused; /* the first one, with what was said */
	char *text;
};

static bool is_active(const json_t *form)
{
	return text_equal(form_text(form, "portvaktStatus"), "active");
}

/* An entry that is refused keeps nobody in: of what it was to become, that it
 * is no longer active is written alone. */
static bool leave_at_least(const struct region *r, struct arena *a,
                           struct step *s, struct fault *why)
{
	static const char *const names[] = { "portvaktStatus",
		                             "portvaktSuspended" };
	struct step least = *s;

	if (s->kind != STEP_CHANGE || !is_active(s->before) ||
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

/* Whether to go on with this person's next step: nothing can be written below
 * a person who is not there. */
static bool step_refused(struct outcome *o, struct arena *a, struct step *s,
                         const struct fault *why)
{
	if (!o->refused) {
		o->refused = s;
		o->text = arena_copy(a, why->text);
	}
	return !s->is_person || s->kind != STEP_ADD;
}

static bool carry_out(const struct region *r, struct arena *a,
                      struct outcome *o, struct fault *why)
{
	for (size_t i = 0; i < o->plan.count; i++) {
		struct step *s = &o->plan.steps[i];
		struct fault inner = { 0 };
		struct fault again = { 0 };

		s->done = s->kind == STEP_REMOVE ? remove_entry(r, a, s, &inner)
		                                 : bring(r, a, s, &inner);
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

static void note_step(struct arena *a, const struct step *s)
{
	const char *form = s->after ? js_write(a, s->after) : NULL;

	if (s->is_person && s->after)
		state_do("UPDATE people SET form = ?1, csn = ?2 WHERE id = ?3",
		         "ttt", form, s->csn, s->id);
	else if (s->is_person)
		state_do("DELETE FROM people WHERE id = ?1", "t", s->id);
	else if (s->after)
		state_do("UPDATE affiliations SET form = ?1, csn = ?2,"
		         " status = ?3, suspended = ?4 WHERE id = ?5",
		         "tttit", form, s->csn,
		         form_text(s->after, "portvaktStatus"),
		         time_of(s->after, "portvaktSuspended"), s->id);
	else
		state_do("DELETE FROM affiliations WHERE id = ?1", "t", s->id);
}

/* An entry that the catalogue refuses stops nobody else. */
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

/* ---- what is dirty */

struct batch {
	struct arena *arena;
	LIST(char **) rows; /* directory, anchor, gen */
	LIST(char *) people;
	LIST(struct outcome) outcomes;
	json_t *met; /* people in the list already */
};

static void add_person(struct batch *b, char *person)
{
	if (!person || json_object_get(b->met, person))
		return;
	(void)json_object_set_new(b->met, person, json_true());
	*list_add(b->arena, &b->people) = person;
}

static void take_row(struct batch *b, const struct region *r, char **row)
{
	struct arena *a = b->arena;
	const struct record *record = record_read(a, row[0], row[1]);
	struct shape s;

	*list_add(a, &b->rows) = row;
	if (record && shape(a, r, record, record_groups(a, record), &s))
		(void)match(a, r, record, &s);
	else
		match_forget(row[0], row[1]);
	add_person(b, state_text(a,
	                         "SELECT person FROM affiliations"
	                         " WHERE directory = ?1 AND anchor = ?2",
	                         "tt", row[0], row[1]));
}

static char ***dirty_rows(struct batch *b, size_t most, size_t *ret_count)
{
	return state_rows(b->arena, ret_count,
	                  "SELECT directory, anchor, gen FROM dirty"
	                  " ORDER BY at LIMIT ?1",
	                  "i", (int64_t)most);
}

static bool row_is_active(char **row)
{
	return state_number("SELECT count(*) FROM affiliations WHERE"
	                    " directory = ?1 AND anchor = ?2"
	                    " AND status = 'active'",
	                    "tt", row[0], row[1]) > 0;
}

/* The brake looks at everything; it is asked only when there may be somebody
 * to hold or to let go. */
static bool brake_is_needed(struct batch *b, const struct region *r,
                            char ***rows, size_t count)
{
	if (state_number("SELECT count(*) FROM held", "") > 0)
		return true;
	for (size_t i = 0; i < count; i++)
		if (row_is_active(rows[i]) &&
		    plan_would_leave(b->arena, r, rows[i][0], rows[i][1]))
			return true;
	return false;
}

static void take_dirty(struct batch *b, const struct region *r)
{
	json_t *waiting = js_keep(b->arena, json_object());
	size_t count = 0;
	char ***rows = dirty_rows(b, BATCH, &count);

	if (brake_is_needed(b, r, rows, count)) {
		brake_look(r, waiting);
		rows = dirty_rows(b, BATCH + json_object_size(waiting), &count);
	}
	for (size_t i = 0; i < count; i++) {
		char *name =
		    arena_print(b->arena, "%s %s", rows[i][0], rows[i][1]);

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
		*list_add(b->arena, &b->outcomes) =
		    (struct outcome){ .plan = plan_person(b->arena, r,
			                                  b->people.at[i]) };
	state_commit();
	state_unlock();
}

static bool carry_out_batch(struct batch *b, const struct region *r,
                            struct fault *why)
{
	for (size_t i = 0; i < b->outcomes.count; i++)
		if (!carry_out(r, b->arena, &b->outcomes.at[i], why))
			return false;
	return true;
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

		(void)!text_to_number(row[2], 0, INT64_MAX, &gen);
		state_do("DELETE FROM dirty WHERE directory = ?1"
		         " AND anchor = ?2 AND gen = ?3",
		         "tti", row[0], row[1], (int64_t)gen);
	}
	state_commit();
	state_unlock();
}

/* Said when it goes away and when it comes back. */
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
	plan_batch(&b, r);
	bool some = b.rows.count > 0;
	if (some) {
		bool whole = carry_out_batch(&b, r, &why);

		note_batch(&b, whole);
		some = note_catalogue(whole, &why);
	}
	arena_close(b.arena);
	return some;
}

/* ---- what time brings */

void apply_graces(const struct region *r)
{
	state_lock();
	state_do("INSERT OR IGNORE INTO dirty(directory, anchor, at)"
	         " SELECT f.directory, f.anchor, ?1 FROM affiliations AS f"
	         " WHERE f.status = 'suspended' AND f.suspended <= ?2"
	         " AND NOT EXISTS (SELECT 1 FROM records AS r WHERE"
	         " r.directory = f.directory AND r.anchor = f.anchor)",
	         "ii", now_ms(), clock_now() - r->grace);
	state_unlock();
}

void apply_expiries(void)
{
	struct arena *a = arena_open();

	state_lock();
	state_do("INSERT OR IGNORE INTO dirty(directory, anchor, at)"
	         " SELECT r.directory, r.anchor, ?1 FROM records AS r"
	         " JOIN affiliations AS f ON r.directory = f.directory"
	         " AND r.anchor = f.anchor WHERE f.status = 'active'"
	         " AND json_extract(r.body, '$.expires[0]') <= ?2",
	         "it", now_ms(), clock_ldap(a, clock_now()));
	state_unlock();
	arena_close(a);
}

/* People none of whose affiliations was written before a crash. */
void apply_orphans(const struct region *r)
{
	struct batch b = { .arena = arena_open() };
	struct fault why = { 0 };
	size_t count = 0;

	b.met = js_keep(b.arena, json_object());
	state_lock();
	char ***rows = state_rows(b.arena, &count,
	                          "SELECT id FROM people AS p WHERE NOT EXISTS"
	                          " (SELECT 1 FROM affiliations AS f"
	                          " WHERE f.person = p.id)",
	                          "");
	for (size_t i = 0; i < count; i++)
		*list_add(b.arena, &b.outcomes) =
		    (struct outcome){ .plan =
			                  plan_person(b.arena, r, rows[i][0]) };
	state_unlock();
	bool whole = carry_out_batch(&b, r, &why);
	note_batch(&b, whole);
	(void)note_catalogue(whole, &why);
	arena_close(b.arena);
}

/* ---- municipalities */

static bool bring_body(const struct region *r, struct arena *a,
                       const struct municipality *m, struct fault *why)
{
	static const char *const classes[] = { "portvaktBody", "norEduOrg",
		                               NULL };
	static const char *const all[] = { "*", NULL };
	char *dn = arena_print(a, "portvaktId=%s,ou=municipalities,%s", m->name,
	                       r->catalogue.base);
	struct reread now = { .arena = a, .names = body_form_names };
	enum write_result result = WRITE_FAILED;
	size_t count = 0;
	char *names = NULL;
	char *csn = NULL;

	if (!catalogue_each(catalogue_writer, r, dn, SCOPE_BASE,
	                    "(objectClass=*)", all, keep_entry, &now, why))
		return false;
	const struct directory_change *changes =
	    form_changes(a, now.form, form_of_body(a, m), &count, &names);
	if (count == 0)
		return true;
	if (now.form)
		return catalogue_change(catalogue_writer, r, a, dn, changes,
		                        count, NULL, &result, &csn, why);
	struct directory_change *whole =
	    arena_array(a, struct directory_change, count + 1);
	memcpy(whole, changes, count * sizeof(*changes));
	whole[count] = text_change(a, "objectClass", classes);
	return catalogue_add(catalogue_writer, r, a, dn, whole, count + 1,
	                     &result, &csn, why);
}

bool apply_bodies(const struct region *r, struct fault *why)
{
	struct arena *a = arena_open();
	bool good = true;

	for (size_t i = 0; i < r->municipality_count && good; i++)
		good = bring_body(r, a, &r->municipalities[i], why);
	arena_close(a);
	return good;
}

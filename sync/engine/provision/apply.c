/* SPDX-License-Identifier: AGPL-3.0-or-later
 * apply.c: carries out plans, one person at a time: the person's entry, then
 * the affiliations.  The cache is updated after the write; if the process
 * crashes between the two, catalogue_verify.c finds the difference. */
#include "sync/engine/provision/apply.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/strbuf.h"
#include "lib/vector.h"
#include "sync/engine/catalogue/entry_json.h"
#include "sync/engine/catalogue/released_names.h"
#include "sync/engine/catalogue/tombstones.h"
#include "sync/engine/correlation/account_link.h"
#include "sync/engine/correlation/join.h"
#include "sync/engine/correlation/name_conflict.h"
#include "sync/engine/guard/change_effects.h"
#include "sync/engine/guard/change_guard.h"
#include "sync/engine/guard/change_impact.h"
#include "sync/engine/guard/deactivation_threshold.h"
#include "sync/engine/guard/impact_new.h"
#include "sync/engine/provision/ldap_apply.h"
#include "sync/engine/provision/reconcile_plan.h"
#include "sync/engine/source/classify.h"
#include "sync/engine/source/source_entry.h"
#include "sync/engine/source/source_entry_memo.h"
#include "sync/engine/source/source_state.h"
#include "sync/engine/source/value_syntax.h"
#include "sync/engine/state/feide_mark.h"
#include "sync/engine/state/groups_mark.h"
#include "sync/engine/state/not_taken.h"
#include "sync/engine/state/quarantine.h"
#include "sync/engine/state/state.h"

enum { BATCH = 100 };

/* ---- one person */

/* The result of a plan. */
struct plan_result {
	struct plan plan;
	const struct plan_step
	    *rejected; /* first rejected step; text: the error */
	char *error_text;
};

static bool apply_is_active(const json_t *attrs)
{
	return text_equal(entry_json_value(attrs, "portvaktStatus"), "active");
}

/* A rejected entry must not stay active: if the step deactivates it, only that
 * change is written. */
static bool apply_deactivation_only(const struct config *cfg, struct arena *a,
                                    struct plan_step *s, struct error *err)
{
	static const char *const names[] = { "portvaktStatus",
		                             "portvaktSuspended" };
	struct plan_step reduced = *s;

	if (s->kind != STEP_CHANGE || s->current_parent ||
	    !apply_is_active(s->before) || apply_is_active(s->after))
		return true;
	json_t *attrs = js_own(a, json_deep_copy(s->before));
	for (size_t i = 0; i < LENGTH(names); i++)
		entry_json_set(attrs, names[i],
		               entry_json_value(s->after, names[i]));
	reduced.after = attrs;
	reduced.sealed_national_id = NULL;
	if (!apply_converge(cfg, a, &reduced, err))
		return err->kind == ERROR_INVALID;
	*s = reduced;
	s->done = true;
	return true;
}

/* Returns whether to continue with this person's next step.  Nothing can be
 * written below a person that does not exist. */
static bool apply_note_rejected_step(struct plan_result *o, struct arena *a,
                                     struct plan_step *s,
                                     const struct error *err)
{
	if (!o->rejected) {
		o->rejected = s;
		o->error_text = arena_strdup(a, err->text);
	}
	return !s->is_person || s->kind != STEP_ADD;
}

static bool apply_step(const struct config *cfg, struct arena *a,
                       struct plan_step *s, struct error *err)
{
	if (s->kind == STEP_REMOVE)
		return apply_remove(cfg, a, s, err);
	return (!s->current_parent || apply_move(cfg, a, s, err)) &&
	       apply_converge(cfg, a, s, err);
}

static bool apply_plan_steps(const struct config *cfg, struct arena *a,
                             struct plan_result *o, struct error *err)
{
	for (size_t i = 0; i < o->plan.count; i++) {
		struct plan_step *s = &o->plan.steps[i];
		struct error step_err = { 0 };
		struct error retry_err = { 0 };

		s->done = apply_step(cfg, a, s, &step_err);
		if (s->done && s->requires)
			(void)apply_note_rejected_step(o, a, s, &step_err);
		if (s->done)
			continue;
		if (step_err.kind != ERROR_INVALID)
			return error_set(err, step_err.kind, "%s",
			                 step_err.text);
		if (!apply_note_rejected_step(o, a, s, &step_err))
			return true;
		if (!apply_deactivation_only(cfg, a, s, &retry_err))
			return error_set(err, retry_err.kind, "%s",
			                 retry_err.text);
	}
	return true;
}

/* A tombstone that is rejected must not keep a person from being removed. */
static bool apply_tombstone(const struct config *cfg, struct arena *a,
                            struct plan_result *o, bool first,
                            struct error *err)
{
	struct plan_tombstone *t = &o->plan.tombstone;
	struct error step_err = { 0 };

	if (!t->is_changed || t->is_first != first)
		return true;
	t->done = tombstone_write(cfg, a, o->plan.person, t->after, &step_err);
	if (t->done)
		return true;
	if (step_err.kind != ERROR_INVALID)
		return error_set(err, step_err.kind, "%s", step_err.text);
	log_event(LOG_CATALOGUE_ENTRY_REJECTED, "person", o->plan.person,
	          "entry", "tombstone", "error", step_err.text, NULL);
	return true;
}

static bool apply_plan(const struct config *cfg, struct arena *a,
                       struct plan_result *o, struct error *err)
{
	return apply_tombstone(cfg, a, o, true, err) &&
	       apply_plan_steps(cfg, a, o, err) &&
	       apply_tombstone(cfg, a, o, false, err);
}

static int64_t apply_time_value(const json_t *attrs, const char *name)
{
	const char *text = entry_json_value(attrs, name);
	int64_t when = 0;

	if (text && !clock_parse_generalized_time(text, &when))
		return 0;
	return when;
}

/* Removes planned but never written affiliations; an entry that comes back
 * later gets a new person. */
static void apply_forget_person(const char *person)
{
	state_exec(
	    "DELETE FROM affiliations WHERE person = ?1 AND form IS NULL", "t",
	    person);
	state_exec("DELETE FROM people WHERE id = ?1", "t", person);
}

static void apply_record_person(struct arena *a, const struct plan_step *s)
{
	if (!s->after) {
		apply_forget_person(s->id);
		return;
	}
	state_exec("UPDATE people SET form = ?1, csn = ?2 WHERE id = ?3", "ttt",
	           js_dump(a, s->after), s->csn, s->id);
}

static bool apply_differs(const struct plan_step *s, const char *name)
{
	const json_t *old = js_array(s->before, name);
	const json_t *new = js_array(s->after, name);

	return old != new && !(old && new &&json_equal(old, new));
}

/* Others may wait for a name that this affiliation has no longer. */
static void apply_record_names(struct arena *a, const struct plan_step *s)
{
	if (apply_differs(s, RELEASED_NAME_ATTRIBUTE))
		released_names_record(a, s->id, s->after);
	if (!apply_differs(s, "portvaktStatus") &&
	    !apply_differs(s, "portvaktLogin") && !apply_differs(s, "mail"))
		return;
	if (s->before)
		name_conflict_mark_waiting(a, s->before);
	if (s->after)
		name_conflict_mark_waiting(a, s->after);
}

static void apply_record_affiliation(struct arena *a, const struct plan_step *s)
{
	apply_record_names(a, s);
	if (!s->after) {
		state_exec("DELETE FROM affiliations WHERE id = ?1", "t",
		           s->id);
		groups_mark_member(s->id);
		return;
	}
	if (!text_equal(entry_json_value(s->before, "portvaktStatus"),
	                entry_json_value(s->after, "portvaktStatus"))) {
		groups_mark_member(s->id);
		link_mark_doubts_dirty(s->person);
	}
	if (apply_is_active(s->before) && !apply_is_active(s->after) &&
	    !change_effects_has_ended(s->before))
		threshold_record_deactivation(s->directory, s->anchor);
	/* Writing it as active also sets portvaktLastSeen (ldap_apply.c). */
	state_exec("UPDATE affiliations SET form = ?1, csn = ?2, status = ?3,"
	           " suspended = ?4, made = CASE made WHEN 0 THEN ?6 ELSE made"
	           " END, seen = CASE ?3 WHEN 'active' THEN ?6 ELSE seen END,"
	           " under = ?7 WHERE id = ?5",
	           "tttitit", js_dump(a, s->after), s->csn,
	           entry_json_value(s->after, "portvaktStatus"),
	           apply_time_value(s->after, "portvaktSuspended"), s->id,
	           clock_now(), s->person);
}

static void apply_record_step(struct arena *a, const struct plan_step *s)
{
	if (s->is_person) {
		apply_record_person(a, s);
		feide_mark_person(s->id);
		return;
	}
	apply_record_affiliation(a, s);
	feide_mark_affiliation(s->id);
}

/* A rejected entry is quarantined and does not block the others. */
static void apply_record_rejection(const struct plan_result *o)
{
	log_event(LOG_CATALOGUE_ENTRY_REJECTED, "person", o->plan.person,
	          "entry", o->rejected->id, "error", o->error_text, NULL);
	state_exec("INSERT OR REPLACE INTO quarantine SELECT directory, anchor,"
	           " 'catalogue-refuses', ?2, ?3, NULL FROM affiliations"
	           " WHERE person = ?1",
	           "tii", o->plan.person, clock_now(),
	           (int64_t)QUARANTINE_WRITE);
}

/* What the catalogue rejects of a person is missing in all of its entries. */
static void apply_add_refused(json_t *all, const struct plan_step *s)
{
	for (size_t i = 0; i < json_array_size(s->refused); i++) {
		json_t *one = json_object();

		(void)json_object_set(one, "field",
		                      json_array_get(s->refused, i));
		if (!s->is_person) {
			js_set_string(one, "directory", s->directory);
			js_set_string(one, "anchor", s->anchor);
		}
		(void)json_array_append_new(all, one);
	}
}

/* The values that the catalogue rejected and that were left out. */
static void apply_record_refused(struct arena *a, const struct plan_result *o)
{
	json_t *all = js_own(a, json_array());

	for (size_t i = 0; i < o->plan.count; i++) {
		if (!o->plan.steps[i].done)
			return;
		apply_add_refused(all, &o->plan.steps[i]);
	}
	not_taken_set_refused(a, o->plan.person, all);
}

static void apply_record_result(struct arena *a, const struct plan_result *o)
{
	for (size_t i = 0; i < o->plan.count; i++)
		if (o->plan.steps[i].done)
			apply_record_step(a, &o->plan.steps[i]);
	if (o->plan.tombstone.done)
		tombstone_record(a, o->plan.person, o->plan.tombstone.after);
	apply_record_refused(a, o);
	if (o->rejected)
		apply_record_rejection(o);
}

/* ---- dirty rows */

struct apply_batch {
	struct arena *arena;
	VECTOR(char **) rows; /* directory, anchor, gen */
	VECTOR(char *) people;
	VECTOR(struct plan_result) results;
	json_t *seen_people; /* people already in the list */
	json_t *checked;     /* keys of rows: of other rows, counted changes are
	                      * held */
	bool unassessed;     /* rows remain to be assessed first */
};

static void apply_batch_add_person(struct apply_batch *b, char *person)
{
	if (!person || json_object_get(b->seen_people, person))
		return;
	(void)json_object_set_new(b->seen_people, person, json_true());
	*vector_append(b->arena, &b->people) = person;
}

/* What of the entry cannot be read: optional values are left out; a date
 * denies. */
static void apply_note_values(struct arena *a, const struct source_entry *entry)
{
	not_taken_set(a, entry->directory, entry->anchor,
	              value_syntax_not_taken(a, entry));
	quarantine_set(entry->directory, entry->anchor, QUARANTINE_DATE,
	               source_entry_unreadable_date(entry) ? "date-unreadable"
	                                                   : NULL,
	               NULL);
}

const char *apply_join(struct arena *a, const struct config *cfg,
                       const char *directory, const char *anchor)
{
	const struct source_entry *entry =
	    source_entry_load(a, directory, anchor);
	const char *former_person = NULL;
	struct classification s;
	bool is_classified = source_entry_classify(a, cfg, entry, &s);

	quarantine_set(directory, anchor, QUARANTINE_WRITE, NULL, NULL);
	if (is_classified)
		apply_note_values(a, entry);
	else
		not_taken_clear(directory, anchor);
	if (is_classified && !impact_new_is_held(a, cfg, entry, &s))
		(void)join_entry(a, cfg, entry, &s, &former_person);
	else if (!is_classified)
		quarantine_clear(directory, anchor);
	if (is_classified && !source_entry_is_disabled(entry, clock_now()))
		threshold_forget_deactivation(directory, anchor);
	return former_person;
}

static void apply_batch_add_row(struct apply_batch *b, const struct config *cfg,
                                char **row)
{
	struct arena *a = b->arena;

	*vector_append(a, &b->rows) = row;
	(void)json_object_set_new(
	    b->checked, source_entry_key(a, row[0], row[1]), json_true());
	const char *former_person = apply_join(a, cfg, row[0], row[1]);
	apply_batch_add_person(
	    b, state_text(a,
	                  "SELECT person FROM affiliations"
	                  " WHERE directory = ?1 AND anchor = ?2",
	                  "tt", row[0], row[1]));
	apply_batch_add_person(b, arena_strdup(a, former_person));
}

static char ***apply_select_dirty_rows(struct apply_batch *b, size_t max,
                                       size_t *ret_count)
{
	return state_rows(b->arena, ret_count,
	                  "SELECT directory, anchor, gen FROM dirty"
	                  " WHERE evaluated = gen ORDER BY at LIMIT ?1",
	                  "i", (int64_t)max);
}

/* A dry-run directory is never written; it is assessed when that ends. */
static void apply_skip_dry_run_sources(const struct config *cfg)
{
	for (size_t i = 0; i < cfg->directory_count; i++)
		if (cfg->directories[i].dry_run)
			state_exec("DELETE FROM dirty WHERE directory = ?1",
			           "t", cfg->directories[i].name);
}

/* The guard is evaluated only if a change is counted, a source is still
 * sending, or its interval has passed, which includes the start. */
static bool apply_needs_guard(bool found, bool settling)
{
	bool due = guard_is_due();

	return found || settling || due;
}

/* Returns true if all rows are assessed. */
static bool apply_assess_dirty_rows(const struct config *cfg, json_t *waiting)
{
	static bool found, settling;
	bool some_found = false;
	bool more = impact_assess_batch(cfg, &some_found);

	found |= some_found;
	if (more)
		return false;
	if (apply_needs_guard(found, settling))
		guard_evaluate(cfg, waiting);
	else
		return true;
	found = false;
	settling = json_object_size(waiting) > 0;
	return true;
}

static void apply_batch_fill(struct apply_batch *b, const struct config *cfg)
{
	json_t *waiting = js_own(b->arena, json_object());
	size_t count = 0;

	apply_skip_dry_run_sources(cfg);
	b->unassessed = !apply_assess_dirty_rows(cfg, waiting);
	if (b->unassessed)
		return;
	char ***rows = apply_select_dirty_rows(
	    b, BATCH + json_object_size(waiting), &count);
	for (size_t i = 0; i < count; i++) {
		char *name = source_entry_key(b->arena, rows[i][0], rows[i][1]);

		if (!json_object_get(waiting, name))
			apply_batch_add_row(b, cfg, rows[i]);
	}
}

static void apply_batch_plan(struct apply_batch *b, const struct config *cfg)
{
	state_lock();
	state_begin();
	source_entry_memo_begin(b->arena);
	apply_batch_fill(b, cfg);
	for (size_t i = 0; i < b->people.count; i++)
		*vector_append(b->arena, &b->results) =
		    (struct plan_result){ .plan = plan_person(b->arena, cfg,
			                                      b->people.at[i],
			                                      b->checked) };
	source_entry_memo_end();
	state_commit();
	state_unlock();
}

static bool apply_batch_carry_out_where(struct apply_batch *b,
                                        const struct config *cfg,
                                        bool deletes_person, struct error *err)
{
	for (size_t i = 0; i < b->results.count; i++)
		if (b->results.at[i].plan.deletes_person == deletes_person &&
		    !apply_plan(cfg, b->arena, &b->results.at[i], err))
			return false;
	return true;
}

/* People that stay come first: an affiliation may move to them from a person
 * that is removed, which must be empty by then. */
static bool apply_batch_carry_out(struct apply_batch *b,
                                  const struct config *cfg, struct error *err)
{
	return apply_batch_carry_out_where(b, cfg, false, err) &&
	       apply_batch_carry_out_where(b, cfg, true, err);
}

static void apply_batch_record(struct apply_batch *b, bool complete)
{
	state_lock();
	state_begin();
	for (size_t i = 0; i < b->results.count; i++)
		apply_record_result(b->arena, &b->results.at[i]);
	for (size_t i = 0; complete && i < b->rows.count; i++) {
		char **row = b->rows.at[i];
		long long gen = 0;

		groups_mark_entry(row[0], row[1]);
		(void)!text_to_number(row[2], 0, INT64_MAX, &gen);
		impact_record_applied(row[0], row[1]);
		state_exec("DELETE FROM dirty WHERE directory = ?1"
		           " AND anchor = ?2 AND gen = ?3",
		           "tti", row[0], row[1], (int64_t)gen);
	}
	state_commit();
	state_unlock();
}

/* Logs when the catalogue becomes unavailable and available again. */
static bool apply_log_catalogue_state(bool available, const struct error *err)
{
	static bool was_unavailable;

	if (available == was_unavailable && available)
		log_event(LOG_CATALOGUE_AVAILABLE, NULL);
	if (!available && !was_unavailable)
		log_event(LOG_CATALOGUE_UNAVAILABLE, "error", err->text, NULL);
	was_unavailable = !available;
	return available;
}

bool apply_next_batch(const struct config *cfg)
{
	struct apply_batch b = { .arena = arena_open() };
	struct error err = { 0 };

	b.seen_people = js_own(b.arena, json_object());
	b.checked = js_own(b.arena, json_object());
	apply_batch_plan(&b, cfg);
	bool some = b.rows.count > 0 || b.unassessed;
	if (b.rows.count > 0) {
		bool complete = apply_batch_carry_out(&b, cfg, &err);

		apply_batch_record(&b, complete);
		some = apply_log_catalogue_state(complete, &err);
	}
	arena_close(b.arena);
	return some;
}

/* ---- people without affiliations */

/* Returns whether all sources are read completely and no row is dirty. */
static bool apply_sources_are_processed(const struct config *cfg)
{
	bool known = state_number("SELECT count(*) FROM dirty", "") == 0;

	for (size_t i = 0; i < cfg->directory_count && known; i++)
		known = source_is_complete(cfg->directories[i].name);
	return known;
}

/* Removes people whose affiliations are all gone, or were never written before
 * a crash; only when no source entry can return to them. */
bool apply_remove_orphans(const struct config *cfg)
{
	struct apply_batch b = { .arena = arena_open() };
	struct error err = { 0 };
	size_t count = 0;

	state_lock();
	bool ready = apply_sources_are_processed(cfg);
	char ***rows = state_rows(b.arena, &count,
	                          "SELECT id FROM people AS p WHERE ?1"
	                          " AND NOT EXISTS"
	                          " (SELECT 1 FROM affiliations AS f"
	                          " WHERE f.person = p.id)",
	                          "i", (int64_t)ready);
	for (size_t i = 0; i < count; i++)
		*vector_append(b.arena, &b.results) = (struct plan_result){
			.plan = plan_person(b.arena, cfg, rows[i][0], NULL)
		};
	state_unlock();
	bool complete = apply_batch_carry_out(&b, cfg, &err);
	apply_batch_record(&b, complete);
	(void)apply_log_catalogue_state(complete, &err);
	arena_close(b.arena);
	return ready && complete;
}

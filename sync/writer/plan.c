/* SPDX-License-Identifier: AGPL-3.0-or-later
 * reconcile_plan.c: compares the desired state of one person's entries with
 * what was written last.  A leaver is suspended at once and removed after the
 * grace period. */
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/list.h"
#include "lib/text.h"
#include "sync/writer/belong.h"
#include "sync/writer/decisions.h"
#include "sync/writer/guard.h"
#include "sync/writer/left.h"
#include "sync/writer/state.h"
#include "sync/writer/writer.h"

/* Absence means nothing in a directory that was not read completely. */
bool plan_was_seen(const char *directory)
{
	return state_number("SELECT wholes FROM sources WHERE directory = ?1",
	                    "t", directory) > 0;
}

bool plan_is_complete(const char *directory)
{
	return state_number("SELECT complete FROM sources WHERE directory = ?1",
	                    "t", directory) == 1;
}

/* ---- affiliations */

/* A row of affiliations being planned. */
struct holder {
	const char *id, *directory, *anchor, *csn;
	const char *under;         /* id of its present parent */
	const char *person_before; /* person before a merge, or NULL */
	const json_t *before;
	const struct record *record; /* NULL: deleted */
	struct shape shape;
	bool is_shaped, is_out;
	int held;            /* what is held (enum hold_mask) */
	const json_t *after; /* NULL: remove, or never created */
};

char *record_name(struct arena *a, const char *directory, const char *anchor)
{
	return arena_print(a, "%s %s", directory, anchor);
}

static const json_t *suspended(struct arena *a, json_t *form,
                               const json_t *before)
{
	const char *since = form_text(before, "portvaktSuspended");

	form_set(form, "portvaktStatus", "suspended");
	form_set(form, "portvaktSuspended",
	         since ? since : clock_ldap(a, clock_now()));
	return form;
}

/* By the grace period, or by the date of an operator's override. */
static bool grace_is_over(struct arena *a, const struct region *r,
                          const struct holder *h)
{
	const char *since = form_text(h->before, "portvaktSuspended");
	const struct decision *d = decision_of(a, "grace", h->id);
	int64_t when = 0;

	if (d && d->until > 0)
		return d->until <= clock_now();
	return since && clock_from_ldap(since, &when) &&
	       when + r->grace <= clock_now();
}

/* The grace period begins when the source entry is gone, also for one that was
 * disabled before.  portvaktSourceDn distinguishes the two: it is set while the
 * entry exists. */
static const json_t *gone(struct arena *a, const struct region *r,
                          const struct holder *h)
{
	if (!h->before || (!h->is_out && !plan_is_complete(h->directory)))
		return h->before;
	bool was_there = form_text(h->before, "portvaktSourceDn") != NULL;
	if (!was_there && grace_is_over(a, r, h))
		return NULL;
	json_t *form = js_keep(a, json_deep_copy(h->before));
	form_set(form, "portvaktSourceDn", NULL);
	return suspended(a, form, was_there ? NULL : h->before);
}

/* ---- holds */

/* Effects that the guard has not evaluated yet are held. */
static int held_of(const struct holder *h, const json_t *may_leave,
                   const char *name)
{
	int held = guard_holds(h->directory, h->anchor);

	if (!may_leave || json_object_get(may_leave, name))
		return held;
	return held | suspect_of(h->directory, h->anchor);
}

static void keep_lost(json_t *form, const json_t *before)
{
	for (const char *const *name = guard_important; *name; name++)
		if (js_array(before, *name) && !js_array(form, *name))
			(void)json_object_set(form, *name,
			                      js_array(before, *name));
}

static void keep_roles(json_t *form, const json_t *before)
{
	const json_t *had = js_array(before, "portvaktRole");
	const json_t *has = js_array(form, "portvaktRole");
	json_t *kept = json_array();

	for (size_t i = 0; i < json_array_size(has); i++)
		for (size_t k = 0; k < json_array_size(had); k++)
			if (json_equal(json_array_get(has, i),
			               json_array_get(had, k)))
				(void)json_array_append(kept,
				                        json_array_get(has, i));
	(void)json_object_del(form, "portvaktRole");
	if (json_array_size(kept) > 0)
		(void)json_object_set(form, "portvaktRole", kept);
	json_decref(kept);
}

/* The desired attributes, without the changes that are held. */
static json_t *form_under_guard(struct arena *a, const struct holder *h)
{
	json_t *form =
	    h->before && h->held & HOLD_CONFIGURATION
		? js_keep(a, json_deep_copy(h->before))
		: form_of_affiliation(a, h->record, &h->shape, h->id);

	if (h->before && h->held & HOLD_VALUES)
		keep_lost(form, h->before);
	if (h->held & HOLD_ROLES)
		keep_roles(form, h->before);
	if (h->held & HOLD_LEAVING && brake_ends_early(h->before, form))
		form_set(form, "portvaktUntil",
		         form_text(h->before, "portvaktUntil"));
	return form;
}

static const json_t *wanted(struct arena *a, const struct region *r,
                            const struct holder *h)
{
	if (h->before && left_is_removed(a, r, h->before))
		return NULL;
	bool was_active =
	    text_equal(form_text(h->before, "portvaktStatus"), "active");
	bool off = h->is_shaped && record_is_disabled(h->record, clock_now());

	if (was_active && (!h->is_shaped || off) && !h->is_out &&
	    h->held & HOLD_LEAVING)
		return h->before;
	if (!h->is_shaped)
		return gone(a, r, h);
	if (h->before && !was_active && !off &&
	    h->held & (HOLD_VALUES | HOLD_CONFIGURATION))
		return h->before;
	json_t *form = form_under_guard(a, h);
	return off ? suspended(a, form, h->before) : form;
}

/* The previous person is kept in every state. */
static const json_t *with_before(struct arena *a, const json_t *form,
                                 const char *person_before)
{
	static const char name[] = "portvaktPersonBefore";

	if (!form || text_equal(form_text(form, name), person_before))
		return form;
	json_t *with = js_keep(a, json_deep_copy(form));

	form_set(with, name, person_before);
	return with;
}

static json_t *form_in(struct arena *a, const char *text)
{
	json_t *form = NULL;

	if (!text || !js_read(a, text, strlen(text), &form, NULL))
		return NULL;
	return form;
}

static struct holder *read_holders(struct arena *a, const struct region *r,
                                   const char *person, const json_t *may_leave,
                                   size_t *ret_count)
{
	char ***rows = state_rows(a, ret_count,
	                          "SELECT id, directory, anchor, form, csn,"
	                          " under, person_before"
	                          " FROM affiliations WHERE person = ?1"
	                          " ORDER BY id",
	                          "t", person);
	struct holder *all = arena_array(a, struct holder, *ret_count);

	for (size_t i = 0; i < *ret_count; i++) {
		struct holder *h = &all[i];

		*h = (struct holder){ .id = rows[i][0],
			              .directory = rows[i][1],
			              .anchor = rows[i][2],
			              .before = form_in(a, rows[i][3]),
			              .csn = rows[i][4],
			              .under = rows[i][5],
			              .person_before = rows[i][6] };
		h->record = record_read(a, h->directory, h->anchor);
		h->is_shaped = record_shape(a, r, h->record, &h->shape);
		h->is_out =
		    !h->is_shaped && record_is_out(a, h->directory, h->anchor);
		h->held = held_of(h, may_leave,
		                  record_name(a, h->directory, h->anchor));
		h->after = with_before(a, wanted(a, r, h), h->person_before);
	}
	return all;
}

/* ---- the person */

/* Precedence: by kind, municipality and DN; never by time of arrival. */
static int by_weight(const void *x, const void *y)
{
	const struct holder *h = *(struct holder *const *)x;
	const struct holder *i = *(struct holder *const *)y;

	if (h->shape.kind != i->shape.kind)
		return h->shape.kind < i->shape.kind ? -1 : 1;
	int where =
	    strcmp(h->shape.municipality->name, i->shape.municipality->name);
	return where != 0 ? where : strcmp(h->record->place, i->record->place);
}

static const struct record **live_records(struct arena *a, struct holder *all,
                                          size_t count, size_t *ret_count)
{
	struct holder **live = arena_array(a, struct holder *, count);
	const struct record **records =
	    arena_array(a, const struct record *, count);
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		if (all[i].is_shaped)
			live[n++] = &all[i];
	if (n > 0)
		qsort(live, n, sizeof(live[0]), by_weight);
	for (size_t i = 0; i < n; i++)
		records[i] = live[i]->record;
	*ret_count = n;
	return records;
}

static bool any_is(const struct holder *all, size_t count, const char *status)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(form_text(all[i].after, "portvaktStatus"),
		               status))
			return true;
	return false;
}

static const char *latest_suspension(const struct holder *all, size_t count)
{
	const char *latest = NULL;

	for (size_t i = 0; i < count; i++) {
		const char *since =
		    form_text(all[i].after, "portvaktSuspended");

		if (since && (!latest || strcmp(since, latest) > 0))
			latest = since;
	}
	return latest;
}

static void set_status(json_t *form, const struct holder *all, size_t count)
{
	bool active = any_is(all, count, "active");

	form_set(form, "portvaktStatus", active ? "active" : "suspended");
	form_set(form, "portvaktSuspended",
	         active ? NULL : latest_suspension(all, count));
}

/* The sealed number is written together with a new join value. */
static const char *sealed_for(const json_t *before, const json_t *after,
                              const struct record *const *live, size_t count)
{
	const char *joins = form_text(after, "portvaktJoin");

	if (!joins)
		return form_text(before, "portvaktJoin") ? "" : NULL;
	if (text_equal(joins, form_text(before, "portvaktJoin")))
		return NULL;
	for (size_t i = 0; i < count; i++)
		if (text_equal(live[i]->joins, joins) && live[i]->sealed)
			return live[i]->sealed;
	return NULL;
}

struct former {
	LIST(const char *) list;
};

struct planning {
	struct arena *arena;
	const char *person;
	bool whole; /* as if the catalogue were empty */
	LIST(struct step) steps;
};

static struct step *add_step(struct planning *p, const char *id,
                             const char *csn, const json_t *before,
                             const json_t *after)
{
	struct step *s = list_add(p->arena, &p->steps);

	if (p->whole)
		before = NULL;
	*s = (struct step){ .kind = !after   ? STEP_REMOVE
		                    : before ? STEP_CHANGE
		                             : STEP_ADD,
		            .id = id,
		            .person = p->person,
		            .csn = csn,
		            .before = before,
		            .after = after };
	return s;
}

static bool is_settled(const struct planning *p, const struct holder *h)
{
	bool moves = h->before && h->after && h->under &&
	             !text_equal(h->under, p->person);

	if (p->whole)
		return !h->after;
	return (!moves && json_equal(h->before, h->after)) ||
	       (!h->before && !h->after);
}

static void plan_holders(struct planning *p, const struct holder *all,
                         size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct holder *h = &all[i];

		if (is_settled(p, h))
			continue;
		struct step *s =
		    add_step(p, h->id, h->csn, h->before, h->after);
		if (s->before && h->under && !text_equal(h->under, p->person))
			s->under = h->under;
		s->directory = h->directory;
		s->anchor = h->anchor;
	}
}

static bool any_stays(const struct holder *all, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (all[i].after)
			return true;
	return false;
}

/* ---- former ids */

static void add_former(struct planning *p, struct former *ids, const char *id)
{
	/* A person that got the id back uses it again. */
	if (!text_equal(id, p->person) && belong_count(id) == 0)
		*list_add(p->arena, &ids->list) = arena_copy(p->arena, id);
}

static void add_formers_of(struct planning *p, struct former *ids,
                           const json_t *form)
{
	const json_t *list = js_array(form, "portvaktFormerId");

	for (size_t i = 0; i < json_array_size(list); i++)
		add_former(p, ids, json_string_value(json_array_get(list, i)));
}

/* Ids of people whose affiliations were all merged into this person. */
static void set_former(struct planning *p, json_t *after,
                       const struct holder *all, size_t count)
{
	struct former ids = { 0 };

	add_formers_of(p, &ids, after);
	for (size_t i = 0; i < count; i++) {
		const char *before = all[i].person_before;

		if (!before)
			continue;
		add_former(p, &ids, before);
		add_formers_of(
		    p, &ids,
		    form_in(p->arena, state_text(p->arena,
		                                 "SELECT form FROM people"
		                                 " WHERE id = ?1",
		                                 "t", before)));
	}
	form_set_all(after, "portvaktFormerId", ids.list.at, ids.list.count);
}

/* Held changes do not change the person's names. */
static void keep_names(json_t *form, const json_t *before,
                       const struct holder *all, size_t count)
{
	static const char *const names[] = { "cn", "displayName", "sn",
		                             "givenName" };
	bool lost = false;
	int held = 0;

	for (size_t i = 0; i < count; i++)
		held |= all[i].held;
	for (size_t i = 0; before && i < LENGTH(names); i++)
		lost |= js_array(before, names[i]) && !js_array(form, names[i]);
	if (!before ||
	    !(held & HOLD_CONFIGURATION || (held & HOLD_VALUES && lost)))
		return;
	for (size_t i = 0; i < LENGTH(names); i++)
		form_set(form, names[i], form_text(before, names[i]));
}

/* Held changes and missing sources do not remove protection. */
static void keep_protection(json_t *form, const json_t *before,
                            const struct holder *all, size_t count)
{
	static const char name[] = "portvaktProtected";
	const char *now = form_text(form, name);
	bool may_be = false;

	for (size_t i = 0; i < count; i++)
		may_be |= (all[i].after && !all[i].is_shaped) ||
		          all[i].held & (HOLD_VALUES | HOLD_CONFIGURATION);
	if (may_be && protection_stricter(form_text(before, name), now) != now)
		form_set(form, name, form_text(before, name));
}

static void plan_itself(struct planning *p, const struct region *r, char **row,
                        struct holder *all, size_t count)
{
	const json_t *before = form_in(p->arena, row[0]);
	size_t live_count = 0;
	const struct record **live =
	    live_records(p->arena, all, count, &live_count);

	json_t *after = form_of_person(p->arena, r, p->person, row[2], live,
	                               live_count, before);
	keep_names(after, before, all, count);
	keep_protection(after, before, all, count);
	set_status(after, all, count);
	set_former(p, after, all, count);
	if (before && json_equal(before, after) && !p->whole)
		return;
	struct step *s = add_step(p, p->person, row[1], before, after);
	s->is_person = true;
	s->joins = row[2];
	s->sealed = sealed_for(s->before, after, live, live_count);
}

/* A person without affiliations is removed. */
static void plan_end(struct planning *p, char **row)
{
	const json_t *before = form_in(p->arena, row[0]);
	struct step *s = add_step(p, p->person, row[1], before, NULL);

	s->is_person = true;
}

const struct record *const *plan_records(struct arena *a,
                                         const struct region *r,
                                         const char *person, size_t *ret_count)
{
	size_t count = 0;
	struct holder *all = read_holders(a, r, person, NULL, &count);

	return live_records(a, all, count, ret_count);
}

static struct plan plan_with(struct planning p, const struct region *r,
                             const json_t *may_leave)
{
	struct arena *a = p.arena;
	const char *person = p.person;
	size_t count = 0;
	size_t known = 0;
	char ***rows = state_rows(a, &known,
	                          "SELECT form, csn, joins FROM people"
	                          " WHERE id = ?1",
	                          "t", person);
	struct holder *all = read_holders(a, r, person, may_leave, &count);

	if (known == 1 && any_stays(all, count))
		plan_itself(&p, r, rows[0], all, count);
	plan_holders(&p, all, count);
	bool ends = known == 1 && !any_stays(all, count);
	if (ends && !p.whole)
		plan_end(&p, rows[0]);
	return (struct plan){ person, p.steps.at, p.steps.count, ends };
}

struct plan plan_person(struct arena *a, const struct region *r,
                        const char *person, const json_t *may_leave)
{
	return plan_with((struct planning){ .arena = a, .person = person }, r,
	                 may_leave);
}

struct plan plan_whole(struct arena *a, const struct region *r,
                       const char *person)
{
	return plan_with(
	    (struct planning){ .arena = a, .person = person, .whole = true }, r,
	    js_keep(a, json_object()));
}

char *step_line(struct arena *a, const struct step *s)
{
	static const char *const verbs[] = { [STEP_ADD] = "add",
		                             [STEP_CHANGE] = "change",
		                             [STEP_REMOVE] = "remove" };
	const char *what = s->is_person ? "person" : "affiliation";
	char *names = NULL;
	size_t count = 0;

	if (s->kind == STEP_CHANGE)
		(void)form_changes(a, s->before, s->after, &count, &names);
	if (s->is_person)
		return arena_print(a, "%s %s %s %s", verbs[s->kind], what,
		                   s->id, names ? names : "");
	return arena_print(a, "%s %s %s of %s from %s:%s %s", verbs[s->kind],
	                   what, s->id, s->person, s->directory, s->anchor,
	                   names ? names : "");
}

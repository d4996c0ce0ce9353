/* SPDX-License-Identifier: AGPL-3.0-or-later
 * watch.h: what the catalogue has, what the directories ask for, whether an
 * accident got through, and an operator who approves ordinary changes that
 * were held, on the next working day. */
#ifndef TESTS_UNIT_SYNC_ENGINE_SIMULATION_WATCH_H
#define TESTS_UNIT_SYNC_ENGINE_SIMULATION_WATCH_H

#include "lib/hash.h"
#include "sync/engine/catalogue/entry_json.h"
#include "sync/engine/catalogue/overrides.h"
#include "sync/engine/guard/source_identity_check.h"
#include "tests/unit/sync/engine/simulation/accident.h"

/* ---- what is asked for, and what is there, as text */

static enum affiliation_type kind_of(const struct town *t,
                                     const struct person *p)
{
	static const enum affiliation_type kinds[TOPS] = {
		KIND_EMPLOYEE, KIND_PUPIL, KIND_POLITICIAN, KIND_GUEST,
		KIND_VENDOR
	};
	int top = top_of(t, p);

	return top == STAFF && p->teacher ? KIND_TEACHER : kinds[top];
}

static bool is_active(const struct town *t, const struct person *p)
{
	return is_visible(t, p) && !is_off(p, clock_now());
}

static const char *roles_of(const struct town *t, const struct person *p)
{
	static const char *const roles[] = { "", "health", "economy",
		                             "economy,health" };

	return top_of(t, p) == STAFF ? roles[p->roles & 3] : "";
}

static char *asked_for(struct arena *a, const struct town *t,
                       const struct person *p, int aspects)
{
	struct strbuf text = strbuf_init(a);
	bool active = is_active(t, p);

	if (aspects & ASPECT_STATUS)
		strbuf_append(&text, active ? "on" : "off");
	if (aspects & ASPECT_KIND && active)
		strbuf_appendf(&text, " %s %s",
		               affiliation_type_name(kind_of(t, p)),
		               roles_of(t, p));
	if (aspects & ASPECT_LOGIN)
		strbuf_appendf(&text, " %s", login_of(a, p));
	if (aspects & ASPECT_MAIL)
		strbuf_appendf(&text, " %s", mail_of(a, t, p));
	if (aspects & ASPECT_UNIT)
		strbuf_appendf(&text, " Eining %d", p->unit);
	if (aspects & ASPECT_TITLE)
		strbuf_appendf(&text, " Tittel %d", p->title);
	if (aspects & ASPECT_UNTIL)
		strbuf_appendf(&text, " until %s",
		               p->until > 0
		                   ? clock_format_generalized_time(a, p->until)
		                   : "-");
	return text.data;
}

static const char *first_value(const json_t *form, const char *name)
{
	const char *value = entry_json_value(form, name);

	return value ? value : "-";
}

static const char *joined_values(struct arena *a, const json_t *form,
                                 const char *name)
{
	const json_t *values = js_array(form, name);
	struct strbuf text = strbuf_init(a);

	for (size_t i = 0; i < json_array_size(values); i++)
		strbuf_appendf(&text, "%s%s", i > 0 ? "," : "",
		               json_string_value(json_array_get(values, i)));
	return text.data ? text.data : "";
}

static char *found_text(struct arena *a, const json_t *form, int aspects)
{
	struct strbuf text = strbuf_init(a);
	bool active =
	    text_equal(entry_json_value(form, "portvaktStatus"), "active");

	if (aspects & ASPECT_STATUS)
		strbuf_append(&text, active ? "on" : "off");
	if (aspects & ASPECT_KIND && active)
		strbuf_appendf(&text, " %s %s",
		               first_value(form, "portvaktKind"),
		               joined_values(a, form, "portvaktRole"));
	if (aspects & ASPECT_LOGIN)
		strbuf_appendf(&text, " %s",
		               first_value(form, "portvaktLogin"));
	if (aspects & ASPECT_MAIL)
		strbuf_appendf(&text, " %s", first_value(form, "mail"));
	if (aspects & ASPECT_UNIT)
		strbuf_appendf(&text, " %s", first_value(form, "portvaktUnit"));
	if (aspects & ASPECT_TITLE)
		strbuf_appendf(&text, " %s", first_value(form, "title"));
	if (aspects & ASPECT_UNTIL)
		strbuf_appendf(&text, " until %s",
		               first_value(form, "portvaktUntil"));
	return text.data;
}

/* From the affiliation as last written. */
static char *found(struct arena *a, const struct town *t,
                   const struct person *p, int aspects)
{
	char *text = state_text(a,
	                        "SELECT form FROM affiliations WHERE"
	                        " directory = ?1 AND anchor = ?2",
	                        "tt", t->size->name, anchor_of(a, t, p));
	json_t *form = NULL;

	if (!text || !js_parse(a, text, strlen(text), &form, NULL))
		form = js_own(a, json_object());
	return found_text(a, form, aspects);
}

static bool agrees(const struct town *t, const struct person *p, int aspects)
{
	struct arena *a = arena_open();
	bool same =
	    strcmp(asked_for(a, t, p, aspects), found(a, t, p, aspects)) == 0;

	arena_close(a);
	return same;
}

/* ---- accidents */

/* So many of these kinds are an accident: five people, or at least two and a
 * third of a kind. */
static bool is_accident_size(const int *counts, const int *totals)
{
	int all = 0;

	for (int k = 0; k < KINDS; k++) {
		all += counts[k];
		if (counts[k] >= 2 && 3 * counts[k] >= totals[k])
			return true;
	}
	return all >= 5;
}

static void watch_begin(struct accident *x)
{
	int counts[KINDS] = { 0 };

	x->arena = arena_open();
	x->observed = arena_array(x->arena, char *, (size_t)x->count);
	x->kinds = arena_array(x->arena, int, (size_t)x->count);
	for (int i = 0; i < x->t->count; i++)
		if (is_active(x->t, &x->t->people[i]))
			x->totals[kind_of(x->t, &x->t->people[i])]++;
	for (int i = 0; i < x->count; i++) {
		const struct person *p = &x->t->people[x->who[i]];

		x->observed[i] = found(x->arena, x->t, p, x->kind->aspects);
		x->kinds[i] = (int)kind_of(x->t, p);
		counts[x->kinds[i]]++;
	}
	x->must_stop = is_accident_size(counts, x->totals);
}

/* Compares with what was there before. */
static void watch_accident(struct accident *x)
{
	struct arena *a = arena_open();
	int counts[KINDS] = { 0 };
	int all = 0;

	for (int i = 0; i < x->count; i++) {
		const struct person *p = &x->t->people[x->who[i]];

		if (strcmp(found(a, x->t, p, x->kind->aspects),
		           x->observed[i]) == 0)
			continue;
		counts[x->kinds[i]]++;
		all++;
	}
	if (all > x->worst)
		x->worst = all;
	x->let_through |= is_accident_size(counts, x->totals);
	arena_close(a);
}

static int watch_undo(const struct accident *x)
{
	int aspects = x->kind->aspects;
	int wrong = 0;

	if (x->kind->change == do_set_end)
		aspects |= ASPECT_UNTIL;
	for (int i = 0; i < x->count; i++)
		wrong += !agrees(x->t, &x->t->people[x->who[i]], aspects);
	return wrong;
}

/* ---- the operator */

struct approval {
	const char *reason, *action, *type;
};

static const struct approval approvals[] = {
	{ "deactivations", "release", NULL },
	{ "budget", "release", NULL },
	{ "canary", "release", NULL },
	{ "creations", "welcome", NULL },
	{ "values", "accept", "values" },
	{ "roles", "accept", "roles" },
	{ "source", "accept", "source" },
	{ "configuration", "accept", "configuration" },
	{ "returns", "accept", "returns" },
	{ "kinds", "accept", "kinds" },
	{ "dates", "accept", "dates" },
};

static int compare_texts(const void *x, const void *y)
{
	return strcmp(*(char *const *)x, *(char *const *)y);
}

static char *approval_hash(struct arena *a, char **subjects, size_t count)
{
	struct strbuf t = strbuf_init(a);

	if (count > 0)
		qsort(subjects, count, sizeof(subjects[0]), compare_texts);
	for (size_t i = 0; i < count; i++)
		strbuf_appendf(&t, "%s\n", subjects[i]);
	return hash_sha256_base64url(a, count > 0 ? t.data : "");
}

/* As portvaktctl sync approve writes it. */
static void write_approval(const struct town *t, const struct approval *kind,
                           char **subjects, size_t count)
{
	struct arena *a = arena_open();
	static int written;
	char *id = arena_printf(a, "approval-%d", ++written);
	json_t *list = json_pack("[s]", t->size->name);

	if (kind->type)
		(void)json_array_append_new(list, json_string(kind->type));
	if (text_equal(kind->type, "configuration"))
		(void)json_array_append_new(list, json_string(region.hash));
	for (size_t i = 0; i < count; i++)
		(void)json_array_append_new(list, json_string(subjects[i]));
	json_t *attributes = json_pack(
	    "{s:[s], s:[s], s:[s], s:o, s:[s], s:[s]}", "portvaktId", id,
	    "objectClass", "portvaktDecision", "portvaktDecides", kind->action,
	    "portvaktSubject", list, "portvaktFrom",
	    clock_format_generalized_time(a, clock_now()), "portvaktUntil",
	    clock_format_generalized_time(a, clock_now() + 7 * DAY));
	if (!text_equal(kind->type, "configuration") &&
	    !text_equal(kind->type, "source"))
		(void)json_object_set_new(
		    attributes, "portvaktHash",
		    json_pack("[s]", approval_hash(a, subjects, count)));
	(void)json_object_set_new(
	    memory.entries,
	    arena_printf(a, "portvaktId=%s,ou=decisions,dc=region", id),
	    json_pack("{s:s, s:o}", "csn", "1", "a", attributes));
	overrides_request_load();
	arena_close(a);
}

/* portvakt-admin removes what has expired. */
static void remove_expired_approvals(void)
{
	struct arena *a = arena_open();
	const char *now = clock_format_generalized_time(a, clock_now());
	const char *dn;
	json_t *entry;
	void *next;

	json_object_foreach_safe(memory.entries, next, dn, entry)
	{
		const char *until = entry_json_value(
		    json_object_get(entry, "a"), "portvaktUntil");

		if (text_starts(dn, "portvaktId=approval-") && until &&
		    strcmp(until, now) < 0)
			(void)json_object_del(memory.entries, dn);
	}
	arena_close(a);
}

/* After a restore: what the directory has now is right. */
static void accept_source(const struct town *t)
{
	static const struct approval source = { "source", "accept", "source" };
	struct arena *a = arena_open();
	char *evidence = source_went_back_evidence(a, t->size->name);

	if (evidence)
		write_approval(t, &source, &evidence, 1);
	arena_close(a);
}

static struct person *person_of_anchor(struct town *t, const char *anchor)
{
	long number = strlen(anchor) > 24 ? strtol(anchor + 24, NULL, 10) : -1;

	return number >= 0 && number < t->count ? &t->people[number] : NULL;
}

/* Not what an accident did, unless its undo was held for days. */
static bool may_approve(const struct accident *x, struct town *t,
                        const char *anchor)
{
	const struct person *p = person_of_anchor(t, anchor);

	return p && (p->accident == 0 || x->undo_held);
}

static void approve_reason(struct town *t, const struct accident *x,
                           const struct approval *kind, int64_t before)
{
	struct arena *a = arena_open();
	VECTOR(char *) subjects = { 0 };
	size_t count = 0;
	char ***rows = state_rows(a, &count,
	                          "SELECT anchor FROM held WHERE directory = ?1"
	                          " AND reason = ?2 AND since < ?3",
	                          "tti", t->size->name, kind->reason, before);

	for (size_t i = 0; i < count; i++)
		if (may_approve(x, t, rows[i][0]))
			*vector_append(a, &subjects) =
			    arena_printf(a, "%s:%s", t->size->name, rows[i][0]);
	if (subjects.count > 0)
		write_approval(t, kind, subjects.at, subjects.count);
	arena_close(a);
}

static int64_t groups_held(const struct town *t)
{
	return state_number("SELECT count(*) FROM regroup WHERE directory = ?1"
	                    " AND held = 2",
	                    "t", t->size->name);
}

static void operator_works(struct town *t, const struct accident *x)
{
	static const struct approval groups = { "groups", "release", NULL };
	int64_t morning = today() * DAY;

	for (size_t i = 0; i < LENGTH(approvals); i++)
		approve_reason(t, x, &approvals[i], morning);
	if (!x->kind && groups_held(t) > 0)
		write_approval(t, &groups, NULL, 0);
}

#endif

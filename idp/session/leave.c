/* SPDX-License-Identifier: AGPL-3.0-or-later
 * leave.c: a logout that tells the truth.  What must wait for browsers is
 * kept as a walk beside the tickets: a list of services, what became of each,
 * and where the browser goes next. */
#include "idp/session/leave.h"

#include <string.h>

#include "idp/session/tell.h"
#include "lib/clock.h"
#include "lib/random.h"
#include "lib/text.h"
#include "region/receipt.h"

enum { VERSION = 1 };

/* How a row stands in a walk, and in the receipt. */
static const char *const states[] = {
	[TOLD_AWAY] = "away",
	[TOLD_YES] = "told",
	[TOLD_CANNOT] = "cannot",
	[TOLD_BROWSER] = "browser",
};

static enum told state_of(const json_t *row)
{
	const char *name = js_string(row, "state");

	for (size_t i = 0; i < LENGTH(states); i++)
		if (text_equal(states[i], name))
			return (enum told)i;
	return TOLD_AWAY;
}

static void set_state(json_t *row, enum told how)
{
	js_put(row, "state", states[how]);
}

/* ---- the walk ---------------------------------------------------------- */

static json_t *row_of(const struct telling *t)
{
	json_t *row = json_object();

	js_put(row, "service", t->part.service);
	set_state(row, t->how);
	js_put(row, "address", t->address);
	return row;
}

/* by: who asked and is not among the rows; where it is NULL one row may be
 * the asker's own. */
static json_t *walk_of(struct visit *v, const char *front, json_t *request,
                       const struct telling *told, size_t count, const char *by)
{
	json_t *walk = js_keep(v->arena, json_object());
	json_t *rows = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(rows, row_of(&told[i]));
	json_object_set_new(walk, "v", json_integer(VERSION));
	json_object_set_new(walk, "leave", json_true());
	json_object_set_new(walk, "rows", rows);
	json_object_set_new(walk, "alone", json_boolean(count <= (by ? 0 : 1)));
	js_put(walk, "front", front);
	js_put(walk, "issuer", v->issuer ? v->issuer->name : NULL);
	if (request)
		json_object_set(walk, "request", request);
	return walk;
}

static bool save_walk(struct visit *v, const char *secret, const json_t *walk,
                      struct fault *why)
{
	bool done;

	return store_put(v->staff->store, v->region, "ticket", secret, walk,
	                 TICKET_LIFE, false, &done, why);
}

static json_t *find_walk(struct visit *v, const char *secret)
{
	struct fault why = { 0 };
	json_t *walk;

	if (!secret || !*secret ||
	    !store_get(v->staff->store, v->region, v->arena, "ticket", secret,
	               &walk, &why) ||
	    !js_true(walk, "leave"))
		return NULL;
	return walk;
}

/* The first that the browser must still visit; NULL when there is none. */
static json_t *next_row(const json_t *walk)
{
	json_t *rows = js_array(walk, "rows");

	for (size_t i = 0; i < json_array_size(rows); i++)
		if (state_of(json_array_get(rows, i)) == TOLD_BROWSER)
			return json_array_get(rows, i);
	return NULL;
}

static bool all_told(const json_t *walk)
{
	json_t *rows = js_array(walk, "rows");

	for (size_t i = 0; i < json_array_size(rows); i++)
		if (state_of(json_array_get(rows, i)) != TOLD_YES)
			return false;
	return true;
}

/* ---- the page ----------------------------------------------------------- */

static const char *display_of(struct visit *v, const char *name)
{
	const struct service *s = name ? region_service(v->region, name) : NULL;

	return s ? s->display : name;
}

static void show(struct visit *v, const char *secret, const json_t *walk)
{
	json_t *rows = js_array(walk, "rows"), *next = next_row(walk);
	size_t count = json_array_size(rows);
	struct leave_row *list = arena_array(v->arena, struct leave_row, count);
	struct leave_report report = { .rows = list,
		                       .count = count,
		                       .all_told = all_told(walk),
		                       .code = js_string(walk, "code") };

	for (size_t i = 0; i < count; i++) {
		json_t *row = json_array_get(rows, i);

		list[i].service = display_of(v, js_string(row, "service"));
		list[i].how = state_of(row);
		list[i].waiting = list[i].how == TOLD_BROWSER;
	}
	if (next) {
		report.next = js_string(next, "address");
		report.next_name = display_of(v, js_string(next, "service"));
	} else if (js_string(walk, "front")) {
		report.next = arena_print(v->arena, "%s/logout?done=%s",
		                          v->region->login_url, secret);
	}
	v->staff->pages->left(v, &report);
}

/* Whoever asked for the logout gets its answer. */
static bool answer_asker(struct visit *v, const json_t *walk)
{
	struct fault why = { 0 };
	const char *name = js_string(walk, "front");
	const char *issuer = js_string(walk, "issuer");
	const struct front *front = name ? front_find(v, name) : NULL;

	if (issuer)
		v->issuer = region_issuer(v->region, issuer);
	return front && front->left &&
	       front->left(v, js_object(walk, "request"), all_told(walk), &why);
}

/* With nobody but the asker to tell of there is nothing to read: it is
 * answered at once; otherwise the page comes first. */
static void go_on(struct visit *v, const char *secret, const json_t *walk)
{
	if (!next_row(walk) && js_true(walk, "alone") && all_told(walk) &&
	    answer_asker(v, walk))
		return;
	show(v, secret, walk);
}

/* ---- beginning ------------------------------------------------------------
 */

static json_t *told_of(struct visit *v, const json_t *walk)
{
	json_t *told = js_keep(v->arena, json_object());
	json_t *rows = js_array(walk, "rows");

	for (size_t i = 0; i < json_array_size(rows); i++) {
		json_t *row = json_array_get(rows, i);

		js_put(told, js_string(row, "service"),
		       js_string(row, "state"));
	}
	return told;
}

/* A logout takes away, so it is not held up by a record that cannot be
 * written; the page then has no code. */
static void note_receipt(struct visit *v, const struct session *s,
                         const char *by, json_t *walk)
{
	const struct affiliation *f =
	    person_affiliation(s->person, s->proved_by);
	const struct event e = {
		.region = v->region,
		.municipality = f ? f->municipality : NULL,
		.person = s->person->id,
		.affiliation = s->proved_by,
		.service = by,
		.address = v->request->address,
		.sid = s->sid,
		.took_ms = (int)(clock_monotonic_ms() - v->began_ms),
	};
	struct fault why = { 0 };
	char *code;

	if (receipt_logout(v->staff->scribe, v->arena, &e, told_of(v, walk),
	                   &code, &why))
		js_put(walk, "code", code);
}

static size_t leave_out(struct part *parts, size_t count, const char *by)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (!text_equal(parts[i].service, by))
			parts[kept++] = parts[i];
	return kept;
}

static void leave_session(struct visit *v, const struct session *s,
                          const char *front, json_t *request, const char *by)
{
	const char *secret = random_secret(v->arena);
	struct fault why = { 0 };
	struct part *parts;
	size_t count;

	if (!session_parts(v, s, &parts, &count, &why) ||
	    !session_end(v, s, &why)) {
		v->staff->pages->fault(v, &why);
		return;
	}
	count = leave_out(parts, count, by);
	struct telling *told = leave_tell_all(v, s, parts, count, secret);
	json_t *walk = walk_of(v, front, request, told, count, by);

	note_receipt(v, s, by, walk);
	if (!save_walk(v, secret, walk, &why)) {
		v->staff->pages->fault(v, &why);
		return;
	}
	go_on(v, secret, walk);
}

void leave_begin(struct visit *v, const struct session *s, const char *front,
                 json_t *request, const char *by)
{
	if (s) {
		leave_session(v, s, front, request, by);
		return;
	}
	go_on(v, "", walk_of(v, front, request, NULL, 0, by));
}

static json_t *row_called(const json_t *walk, const char *service)
{
	json_t *rows = js_array(walk, "rows");

	for (size_t i = 0; i < json_array_size(rows); i++)
		if (text_equal(js_string(json_array_get(rows, i), "service"),
		               service))
			return json_array_get(rows, i);
	return NULL;
}

void leave_go_on(struct visit *v, const char *leave, const char *service,
                 bool well)
{
	json_t *walk = find_walk(v, leave);
	json_t *row = walk ? row_called(walk, service) : NULL;
	struct fault why = { 0 };

	if (!row) {
		(void)fault_for(&why, FAULT_INVALID, "login-expired",
		                "no such logout");
		v->staff->pages->fault(v, &why);
		return;
	}
	if (state_of(row) == TOLD_BROWSER)
		set_state(row, well ? TOLD_YES : TOLD_AWAY);
	if (!save_walk(v, leave, walk, &why)) {
		v->staff->pages->fault(v, &why);
		return;
	}
	go_on(v, leave, walk);
}

void leave_finish(struct visit *v, const char *secret)
{
	json_t *walk = find_walk(v, secret);
	struct fault why = { 0 };

	if (walk && answer_asker(v, walk))
		return;
	(void)fault_for(&why, FAULT_INVALID, "login-expired", "no such logout");
	v->staff->pages->fault(v, &why);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * single_logout.c: single logout (OIDC Back-Channel Logout 1.0, SAML Profiles
 * 4.4): deletes the session, notifies the participants, reports the result of
 * each.  While the browser visits front-channel participants, the state is a
 * logout transaction in Redis (logout_txn.h). */
#include "idp/session/leave.h"

#include <string.h>

#include "idp/session/walk.h"
#include "lib/clock.h"
#include "lib/random.h"
#include "lib/text.h"
#include "region/receipt.h"

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
	    !walk_is(walk))
		return NULL;
	return walk;
}

/* ---- result page -------------------------------------------------------- */

static const char *display_of(struct visit *v, const char *name)
{
	const struct service *s = name ? region_service(v->region, name) : NULL;

	return s ? s->display : name;
}

static void show(struct visit *v, const char *secret, const json_t *walk)
{
	json_t *rows = js_array(walk, "rows"), *next = walk_next(walk);
	size_t count = json_array_size(rows);
	struct leave_row *list = arena_array(v->arena, struct leave_row, count);
	struct leave_report report = { .rows = list,
		                       .count = count,
		                       .all_told = walk_all_told(walk),
		                       .code = js_string(walk, "code") };

	for (size_t i = 0; i < count; i++) {
		json_t *row = json_array_get(rows, i);

		list[i].service = display_of(v, js_string(row, "service"));
		list[i].how = walk_state(row);
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

/* Sends the logout response to the initiating service.  Returns false where
 * there is none. */
static bool answer_asker(struct visit *v, const json_t *walk)
{
	struct fault why = { 0 };
	const char *name = js_string(walk, "front");
	const char *issuer = js_string(walk, "issuer");
	const struct front *front = name ? front_find(v, name) : NULL;

	if (issuer)
		v->issuer = region_issuer(v->region, issuer);
	return front && front->left &&
	       front->left(v, js_object(walk, "request"), walk_all_told(walk),
	                   &why);
}

/* Where no other participant is involved, responds to the initiator at once;
 * otherwise shows the page first. */
static void go_on(struct visit *v, const char *secret, const json_t *walk)
{
	if (walk_is_short(walk) && answer_asker(v, walk))
		return;
	show(v, secret, walk);
}

/* ---- start -------------------------------------------------------------- */

/* A logout does not require the audit log; on error the page has no code. */
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

	if (receipt_logout(v->staff->scribe, v->arena, &e,
	                   walk_told(v->arena, walk), &code, &why))
		js_put(walk, "code", code);
}

static struct walk_for asked_by(const struct visit *v, const char *front,
                                json_t *request, const char *by)
{
	return (struct walk_for){ front, v->issuer ? v->issuer->name : NULL,
		                  request, by };
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
	count = walk_parts(parts, count, by);
	struct telling *told = leave_tell_all(v, s, parts, count, secret);
	const struct walk_for who = asked_by(v, front, request, by);
	json_t *walk = walk_of(v->arena, &who, told, count);

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
	const struct walk_for who = asked_by(v, front, request, by);

	go_on(v, "", walk_of(v->arena, &who, NULL, 0));
}

void leave_go_on(struct visit *v, const char *leave, const char *service,
                 bool well)
{
	json_t *walk = find_walk(v, leave);
	struct fault why = { 0 };

	if (!walk || !walk_answered(walk, service, well)) {
		(void)fault_for(&why, FAULT_INVALID, "login-expired",
		                "no such logout");
		v->staff->pages->fault(v, &why);
		return;
	}
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

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * rp_handoff.c: sends the result of a login, here or on the issuer's own host.
 * The auth transaction carries it there, and RP_BINDING_COOKIE binds it to the
 * browser that started the login. */
#include <string.h>

#include "idp/http/guard.h"
#include "idp/login/step.h"
#include "idp/session/session_inner.h"
#include "lib/text.h"

static bool is_the_same(const struct part *x, const struct part *y)
{
	return x && text_equal(x->issuer, y->issuer) &&
	       text_equal(x->service, y->service) &&
	       text_equal(x->affiliation, y->affiliation) &&
	       text_equal(x->name_id, y->name_id) &&
	       text_equal(x->index, y->index) && x->at == y->at;
}

static bool note_part(struct visit *v, const struct ticket *t,
                      const struct outcome *o, struct part *part,
                      struct fault *why)
{
	/* No NameID or sub was issued: the response was an error, and the
	 * participant is unchanged. */
	if (!t->service || !part->name_id)
		return true;
	part->issuer = t->issuer->name;
	part->service = t->service->name;
	part->affiliation = o->affiliation->id;
	part->at = o->session->proved_at;
	return is_the_same(o->part, part) ||
	       session_note_part(v, o->session, part, why);
}

/* Adds the participant before the response is sent, so that a logout includes
 * every service that was logged in to. */
void outcome_finish(struct visit *v, struct ticket *t, const struct outcome *o)
{
	const struct front *front = front_find(v, t->front);
	const struct entry e = {
		.issuer = t->issuer,
		.service = t->service,
		.person = o->session->person,
		.affiliation = o->affiliation,
		.acr = o->session->acr,
		.method = o->session->method,
		.proved_at = o->session->proved_at,
		.sid = o->session->sid,
		.code = o->code,
		.part = o->part,
	};
	struct part part = { 0 };
	struct fault why = { 0 };

	/* The transaction is kept until it expires, for the Back button; on
	 * this host it is useless without the cookie and the session. */
	if (!front || !front->finish(v, t, &e, &part, &why) ||
	    !note_part(v, t, o, &part, &why)) {
		v->answer->header_count = 0;
		page_fault(v, &why);
	}
}

/* Uses a new secret: the party that started the login knows the old one, and
 * may have sent the link to a victim (login session fixation).  Only the
 * browser that authenticated gets the new one, and RP_BINDING_COOKIE verifies
 * that it started the login. */
static void send_back(struct visit *v, const struct ticket *t, json_t *outcome)
{
	struct ticket back = *t;
	struct fault why = { 0 };

	back.secret = NULL;
	back.outcome = outcome;
	if (!ticket_save(v, &back, &why)) {
		page_fault(v, &why);
		return;
	}
	answer_see_other(v->answer, arena_print(v->arena, "%s/return?t=%s",
	                                        t->issuer->url, back.secret));
}

static json_t *part_to_json(struct arena *a, const struct part *p)
{
	json_t *value = js_keep(a, json_object());

	js_put(value, "affiliation", p->affiliation);
	js_put(value, "name", p->name_id);
	js_put(value, "index", p->index);
	json_object_set_new(value, "at", json_integer(p->at));
	return value;
}

void outcome_send(struct visit *v, struct ticket *t, const struct outcome *o)
{
	json_t *value = js_keep(v->arena, json_object());

	json_object_set(value, "session",
	                session_to_json(v->arena, o->session));
	js_put(value, "as", o->affiliation->id);
	js_put(value, "code", o->code);
	if (o->part)
		json_object_set(value, "part", part_to_json(v->arena, o->part));
	send_back(v, t, value);
}

void outcome_send_refusal(struct visit *v, struct ticket *t,
                          enum front_refusal how)
{
	json_t *value = js_keep(v->arena, json_object());

	json_object_set_new(value, "refuse", json_integer(how));
	send_back(v, t, value);
}

/* ---- on the issuer's own host ------------------------------------------- */

static const struct part *part_from_json(struct visit *v,
                                         const struct ticket *t,
                                         const json_t *value)
{
	struct part *p = arena_new(v->arena, struct part);

	if (!value)
		return NULL;
	*p = (struct part){
		.issuer = t->issuer->name,
		.service = t->service ? t->service->name : NULL,
		.affiliation = js_string(value, "affiliation"),
		.name_id = js_string(value, "name"),
		.index = js_string(value, "index"),
		.at = js_number(value, "at", 0),
	};
	return p;
}

static bool read_outcome(struct visit *v, const struct ticket *t,
                         struct outcome *ret, struct fault *why)
{
	struct session *s;

	if (!session_from_json(v->arena, js_object(t->outcome, "session"), &s))
		return fault_for(why, FAULT_INVALID, "login-expired",
		                 "the outcome cannot be read");
	ret->session = s;
	ret->affiliation =
	    person_affiliation(s->person, js_string(t->outcome, "as"));
	ret->code = js_string(t->outcome, "code");
	ret->part = part_from_json(v, t, js_object(t->outcome, "part"));
	if (!ret->affiliation)
		return fault_for(why, FAULT_INVALID, "login-expired",
		                 "the outcome names no affiliation");
	return true;
}

/* Restarts the login if the session was ended or revoked since the decision. */
static void let_in(struct visit *v, struct ticket *t)
{
	struct outcome o;
	struct fault why = { 0 };
	bool lives;

	if (!read_outcome(v, t, &o, &why) ||
	    !session_lives(v, o.session->sid, o.session->person->id,
	                   o.affiliation->id, o.affiliation->municipality,
	                   o.session->proved_at, &lives, &why)) {
		page_fault(v, &why);
		return;
	}
	if (lives) {
		outcome_finish(v, t, &o);
		return;
	}
	t->secret = NULL;
	t->outcome = NULL;
	enter_lead_to(v, t, "/login");
}

/* Single use, also for concurrent requests. */
static void take_outcome(struct visit *v, struct ticket *t)
{
	long long how = js_number(t->outcome, "refuse", -1);
	struct fault why = { 0 };
	bool first = false;

	if (!ticket_take(v, t, &first, &why)) {
		page_fault(v, &why);
		return;
	}
	if (!first) {
		(void)fault_for(&why, FAULT_INVALID, "login-expired",
		                "the outcome was taken before");
		page_fault(v, &why);
		return;
	}
	if (how >= FRONT_DENIED && how <= FRONT_AWAY)
		enter_refuse(v, t, (enum front_refusal)how);
	else
		let_in(v, t);
}

void login_return(struct visit *v)
{
	struct ticket *t;
	struct fault why = { 0 };

	if (!ticket_find(v, &t, &why)) {
		page_fault(v, &why);
		return;
	}
	if (!t->issuer || t->issuer != v->issuer) {
		(void)fault_for(&why, FAULT_INVALID, "login-expired",
		                "the ticket is another issuer's");
		page_fault(v, &why);
		return;
	}
	if (t->outcome && t->hand)
		take_outcome(v, t);
	else
		enter_lead_to(v, t, "/login");
}

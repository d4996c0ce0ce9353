/* SPDX-License-Identifier: AGPL-3.0-or-later
 * saml_protocol.c: the single sign-on endpoint (SAML Profiles 4.1) and the
 * table of SAML's protocol functions. */
#include "idp/front.h"

#include "idp/page/page.h"
#include "idp/saml/answer.h"
#include "idp/saml/names.h"
#include "idp/saml/saml.h"
#include "idp/saml/slo.h"
#include "lib/clock.h"

enum { SEEN_FOR = 10 * 60 };

/* Rejects a repeated request ID, e.g. from the browser's history. */
static bool is_first_time(struct visit *v, const struct partner *p,
                          const struct message *m, struct fault *why)
{
	bool is_new;

	if (!store_once(v->staff->store, v->region, p->entity_id, m->id,
	                SEEN_FOR, &is_new, why))
		return false;
	return is_new || fault_for(why, FAULT_INVALID, "replay",
	                           "a request that came before");
}

static bool read_asked(struct visit *v, struct asked *ret_asked,
                       struct fault *why)
{
	struct envelope e;
	struct message m;
	const struct partner *p;

	if (!v->issuer)
		return fault_for(why, FAULT_INVALID, "not-found",
		                 "no issuer on this host");
	if (!binding_open(v->arena, v->request, &e, why) ||
	    !gate_read(v->arena, e.xml, e.length, clock_now(), &m, why) ||
	    !partner_by_entity(v, v->issuer, m.issuer, &p, why))
		return false;
	const struct service *s = region_service(v->region, p->service);

	if (!s)
		return fault_for(why, FAULT_INVALID, "unknown-service",
		                 "%s is not configured", p->service);
	return request_read(v->arena, v->issuer, s, p, &e, &m, ret_asked,
	                    why) &&
	       is_first_time(v, p, &m, why);
}

void saml_sso(struct visit *v)
{
	struct asked asked;
	struct fault why = { 0 };

	if (!read_asked(v, &asked, &why)) {
		page_fault(v, &why);
		return;
	}
	if (!asked.status.code) {
		login_enter(v, &asked.ticket);
		return;
	}
	if (!saml_answer_status(v, v->issuer, asked.ticket.service,
	                        asked.ticket.request, &asked.status, &why))
		page_fault(v, &why);
}

static bool refuse(struct visit *v, const struct ticket *t,
                   enum front_refusal how, struct fault *why)
{
	static const struct saml_status statuses[] = {
		[FRONT_DENIED] = { STATUS_RESPONDER, STATUS_DENIED },
		[FRONT_LOGIN_REQUIRED] = { STATUS_RESPONDER,
		                           STATUS_NO_PASSIVE },
		[FRONT_CHOICE_REQUIRED] = { STATUS_RESPONDER,
		                            STATUS_NO_PASSIVE },
		[FRONT_ACR_UNMET] = { STATUS_RESPONDER, STATUS_NO_CONTEXT },
		[FRONT_AWAY] = { STATUS_RESPONDER, NULL },
	};

	return saml_answer_status(v, t->issuer, t->service, t->request,
	                          &statuses[how], why);
}

const struct front saml_front = {
	.name = "saml",
	.finish = answer_person,
	.refuse = refuse,
	.tell = slo_tell,
	.left = slo_left,
};

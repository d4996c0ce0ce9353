/* SPDX-License-Identifier: AGPL-3.0-or-later
 * slo.c: single logout by Redirect (SAML Profiles 4.4).  An SP can end only the
 * session of this browser, and only as a participant of it.  The other
 * participants are notified by idp/session/single_logout.c. */
#include "idp/saml/slo.h"

#include <string.h>

#include "idp/page/page.h"
#include "idp/saml/binding.h"
#include "idp/saml/metadata.h"
#include "idp/saml/names.h"
#include "idp/saml/saml.h"
#include "idp/saml/write.h"
#include "idp/session/leave.h"
#include "lib/clock.h"
#include "lib/hash.h"
#include "lib/log.h"
#include "lib/text.h"

struct logout {
	struct visit *visit;
	struct envelope envelope;
	struct message message;
	const struct issuer *issuer;
	const struct partner *partner;
	struct fault *why;
};

/* ---- received messages ---- */

/* The login host accepts messages for any issuer: the one of Destination, or
 * of the host if the message has none and is not signed. */
static bool find_issuer(struct logout *l)
{
	const struct region *r = l->visit->region;
	const char *to = l->message.destination;

	if (!to && !l->envelope.octets)
		l->issuer = l->visit->issuer;
	for (size_t i = 0; to && i < r->issuer_count; i++)
		if (text_equal(to,
		               metadata_slo(l->visit->arena, &r->issuers[i])))
			l->issuer = &r->issuers[i];
	return l->issuer || gate_refuse(l->why, "Destination is not here");
}

/* Profiles 4.4.4: the sender must be authenticated, here by a signature; an SP
 * without a key in its metadata is exempt. */
static bool check_signature(const struct logout *l, struct fault *why)
{
	if (l->message.is_signed)
		return gate_refuse(why, "an XML signature in a Redirect");
	if (l->partner->key_count == 0 && !l->envelope.octets)
		return true;
	return binding_check(&l->envelope, l->partner->keys,
	                     l->partner->key_count, why);
}

static bool open_logout(struct logout *l)
{
	struct visit *v = l->visit;

	if (!binding_open(v->arena, v->request, &l->envelope, l->why))
		return false;
	if (l->envelope.binding != BINDING_REDIRECT)
		return gate_refuse(l->why, "logout comes by Redirect");
	if (!gate_read(v->arena, l->envelope.xml, l->envelope.length,
	               clock_now(), &l->message, l->why))
		return false;
	return find_issuer(l) &&
	       partner_by_entity(v, l->issuer, l->message.issuer, &l->partner,
	                         l->why);
}

/* ---- LogoutRequest ---- */

static bool is_over(struct arena *a, const struct message *m)
{
	const char *until = xml_get(a, m->root, "NotOnOrAfter");
	int64_t when;

	return until && (!clock_from_iso(until, &when) ||
	                 when + GATE_SKEW <= clock_now());
}

static bool has_index(struct arena *a, const struct message *m,
                      const char *index)
{
	const struct xml *e = xml_child(m->root, NS_PROTOCOL, "SessionIndex");

	if (!e)
		return true;
	for (; e; e = xml_again(e))
		if (text_equal(xml_text(a, e), index))
			return true;
	return false;
}

bool slo_is_about(struct arena *a, const struct message *m,
                  const struct part *p)
{
	const struct xml *e = xml_child(m->root, NS_ASSERTION, "NameID");
	const char *format = xml_get(a, e, "Format");
	struct name_id noted;

	if (!e || xml_again(e) || !nameid_read(a, p->name_id, &noted))
		return false;
	if (format && !text_equal(format, noted.format))
		return false;
	return text_equal(xml_text(a, e), noted.value) &&
	       has_index(a, m, p->index);
}

static bool find_part(const struct logout *l, const struct session *s,
                      bool *ret_found)
{
	struct visit *v = l->visit;
	struct part *parts;
	size_t count;

	if (!session_parts(v, s, &parts, &count, l->why))
		return false;
	*ret_found = false;
	for (size_t i = 0; i < count; i++)
		if (text_equal(parts[i].service, l->partner->service) &&
		    text_equal(parts[i].issuer, l->issuer->name) &&
		    slo_is_about(v->arena, &l->message, &parts[i]))
			*ret_found = true;
	return true;
}

/* Returns what slo_response_send needs later. */
static json_t *remember(const struct logout *l)
{
	json_t *request = js_keep(l->visit->arena, json_object());

	js_put(request, "issuer", l->issuer->name);
	js_put(request, "service", l->partner->service);
	js_put(request, "id", l->message.id);
	js_put(request, "relay", l->envelope.relay);
	return request;
}

static bool answer_logout(struct visit *v, const json_t *request,
                          const struct saml_status *status, struct fault *why)
{
	const struct issuer *i =
	    region_issuer(v->region, js_string(request, "issuer"));
	const struct partner *p;
	const char *address;

	if (!i ||
	    !partner_of_service(v, js_string(request, "service"), &p, why))
		return fault(why, FAULT_INVALID, "the asker is gone");
	if (!p->logout_answer)
		return fault(why, FAULT_INVALID, "%s takes no answer",
		             p->service);
	const char *xml = write_logout_response(v->arena, i, p->logout_answer,
	                                        js_string(request, "id"),
	                                        clock_now(), status);

	if (!binding_address(v, i, p->logout_answer, "SAMLResponse", xml,
	                     js_string(request, "relay"), &address, why))
		return false;
	answer_see_other(v->answer, address);
	return true;
}

/* Core 3.7.3.2: a principal without a matching session gets UnknownPrincipal,
 * and this browser's session continues. */
static bool take_request(struct logout *l)
{
	static const struct saml_status nobody = { STATUS_REQUESTER,
		                                   STATUS_UNKNOWN_PRINCIPAL };
	struct visit *v = l->visit;
	const struct session *s;
	bool found = true;

	if (l->envelope.is_answer || !check_signature(l, l->why))
		return l->envelope.is_answer
		           ? gate_refuse(l->why, "a request as a response")
		           : false;
	if (is_over(v->arena, &l->message))
		return gate_refuse(l->why, "NotOnOrAfter has passed");
	if (!session_find(v, &s, l->why))
		return false;
	if (s && !find_part(l, s, &found))
		return false;
	if (!found)
		return answer_logout(v, remember(l), &nobody, l->why);
	leave_begin(v, s, "saml", remember(l), l->partner->service);
	return true;
}

/* ---- LogoutResponse ---- */

static bool is_success(struct arena *a, const struct message *m)
{
	const struct xml *status = xml_child(m->root, NS_PROTOCOL, "Status");
	const struct xml *code = xml_child(status, NS_PROTOCOL, "StatusCode");

	return text_equal(xml_get(a, code, "Value"), STATUS_SUCCESS) &&
	       !xml_first(code);
}

/* An invalid response counts as a failed logout; the logout continues. */
static bool take_answer(struct logout *l)
{
	struct arena *a = l->visit->arena;
	const char *leave = l->envelope.relay;
	struct fault doubt = { 0 };

	if (!l->envelope.is_answer || !leave)
		return gate_refuse(l->why, "an answer to nothing");
	bool well = check_signature(l, &doubt);

	if (!well)
		log_warn("logout answer not believed", "service",
		         l->partner->service, "why", doubt.text, NULL);
	const char *asked = xml_get(a, l->message.root, "InResponseTo");

	well = well && is_success(a, &l->message) &&
	       text_equal(asked, slo_request_id(a, leave, l->partner->service));
	leave_go_on(l->visit, leave, l->partner->service, well);
	return true;
}

static bool take(struct visit *v, struct fault *why)
{
	struct logout l = { .visit = v, .why = why };

	if (!open_logout(&l))
		return false;
	switch (l.message.kind) {
	case MESSAGE_LOGOUT_REQUEST:
		return take_request(&l);
	case MESSAGE_LOGOUT_RESPONSE:
		return take_answer(&l);
	case MESSAGE_AUTHN_REQUEST:
	case MESSAGE_NONE:
		break;
	}
	return gate_refuse(why, "not a logout message");
}

/* The session cookie is set on the login host only.  The query is redirected
 * unchanged, as the signature covers its octets. */
static void pass_on(struct visit *v)
{
	const char *query = v->request->query;

	if (v->request->method != METHOD_GET) {
		page_refused(v, "wrong-method", NULL, NULL);
		return;
	}
	for (const char *c = query; *c; c++) {
		if (*c > 0x20 && *c < 0x7F)
			continue;
		page_refused(v, "bad-saml", NULL, NULL);
		return;
	}
	answer_see_other(v->answer, arena_print(v->arena, "%s/saml/slo?%s",
	                                        v->region->login_url, query));
}

void saml_slo(struct visit *v)
{
	struct fault why = { 0 };

	if (!v->on_login_host)
		pass_on(v);
	else if (!take(v, &why))
		page_fault(v, &why);
}

/* ---- sent messages ---- */

char *slo_request_id(struct arena *a, const char *leave, const char *service)
{
	return arena_print(
	    a, "_%s", hash_text(a, arena_print(a, "%s %s", leave, service)));
}

enum told slo_tell(struct visit *v, const struct session *s,
                   const struct part *p, const char *leave,
                   const char **ret_address)
{
	const struct issuer *i = region_issuer(v->region, p->issuer);
	const struct partner *partner;
	struct fault why = { 0 };
	struct name_id name;

	(void)s;
	if (!p->name_id)
		return TOLD_YES; /* no NameID was issued: nothing to end */
	if (!i || !partner_of_service(v, p->service, &partner, &why) ||
	    !partner->logout || !nameid_read(v->arena, p->name_id, &name))
		return TOLD_CANNOT;
	const char *xml = write_logout_request(
	    v->arena, i, slo_request_id(v->arena, leave, p->service),
	    partner->logout, clock_now(), partner->entity_id, &name, p->index);

	return binding_address(v, i, partner->logout, "SAMLRequest", xml, leave,
	                       ret_address, &why)
	           ? TOLD_BROWSER
	           : TOLD_AWAY;
}

bool slo_left(struct visit *v, const json_t *request, bool all_told,
              struct fault *why)
{
	const struct saml_status status = { STATUS_SUCCESS,
		                            all_told ? NULL : STATUS_PARTIAL };

	return answer_logout(v, request, &status, why);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * saml_response.c: builds and sends a Response (SAML Core 3.3.3).  The
 * Assertion is signed, then the Response around it, so an SP may verify
 * either. */
#include "idp/saml/answer.h"

#include "idp/saml/context.h"
#include "idp/saml/names.h"
#include "idp/saml/write.h"
#include "lib/clock.h"
#include "lib/random.h"
#include "lib/text.h"

static const struct saml_status success = { STATUS_SUCCESS, NULL };

static bool no_signature(struct fault *why)
{
	return fault_for(why, FAULT_UNAVAILABLE, "keeper-away",
	                 "the keeper gave no signature");
}

/* Returns the element signed.  The signer hashes it without a signature, as
 * the SP does by the enveloped-signature transform. */
static bool seal(struct visit *v, const struct issuer *i, const struct piece *p,
                 const char **ret_text, struct fault *why)
{
	char *element = write_whole(v->arena, p, NULL);
	json_t *question =
	    js_keep(v->arena, json_pack("{s:s, s:s}", "issuer", i->name,
	                                "element", element));
	json_t *answer;

	if (!ask(v->staff->keeper, v->arena, ASK_SIGN_SAML, v->region->hash,
	         question, &answer, why))
		return false;
	const char *signature = js_string(answer, "signature");

	if (!signature)
		return no_signature(why);
	*ret_text = write_whole(v->arena, p, signature);
	return true;
}

/* Returns a signed Response with a signed Assertion, by one signer request. */
static bool seal_both(struct visit *v, const struct issuer *i,
                      const struct piece *assertion,
                      const struct piece *response, const char **ret_text,
                      struct fault *why)
{
	struct arena *a = v->arena;
	json_t *question = js_keep(
	    a, json_pack("{s:s, s:[s+, s, s, s]}", "issuer", i->name, "pieces",
	                 response->head, response->tail, assertion->head,
	                 assertion->tail, WRITE_RESPONSE_END));
	json_t *answer;

	if (!ask(v->staff->keeper, a, ASK_SIGN_SAML, v->region->hash, question,
	         &answer, why))
		return false;
	const char *inner = js_string(answer, "signature");
	const char *outer = js_string(answer, "around");

	if (!inner || !outer)
		return no_signature(why);
	*ret_text = arena_print(a, "%s%s%s%s%s%s%s", response->head, outer,
	                        response->tail, assertion->head, inner,
	                        assertion->tail, WRITE_RESPONSE_END);
	return true;
}

static bool send_response(struct visit *v, const struct issuer *i,
                          const struct service *s, const json_t *request,
                          const struct saml_status *status,
                          const char *assertion, struct fault *why)
{
	const char *acs = js_string(request, "acs");
	struct piece response =
	    write_response(v->arena, i, acs, js_string(request, "id"),
	                   clock_now(), status, assertion);
	const char *xml;

	if (!seal(v, i, &response, &xml, why))
		return false;
	binding_post(v, s, acs, xml, js_string(request, "relay"));
	return true;
}

bool saml_answer_status(struct visit *v, const struct issuer *i,
                        const struct service *s, const json_t *request,
                        const struct saml_status *status, struct fault *why)
{
	return send_response(v, i, s, request, status, NULL, why);
}

static void add_attributes(struct visit *v, const struct entry *e,
                           struct said *s)
{
	size_t room = 0;

	while (e->service->receives[room])
		room++;
	struct said_attribute *list =
	    arena_array(v->arena, struct said_attribute, room + 1);

	for (size_t i = 0; i < room; i++) {
		const struct attribute *t =
		    attribute_find(e->service->receives[i]);

		if (!t || !*t->saml)
			continue;
		list[s->attribute_count++] = (struct said_attribute){
			.attribute = t,
			.values = attribute_values(v->arena, t, v->region,
			                           e->person, e->affiliation),
		};
	}
	s->attributes = list;
}

/* Returns the error status if the request cannot be satisfied (SAML Core
 * 3.2.2.2); NULL: it can. */
static const struct saml_status *hindrance(const json_t *request,
                                           const struct said *s)
{
	static const struct saml_status no_context = { STATUS_RESPONDER,
		                                       STATUS_NO_CONTEXT };
	static const struct saml_status no_name = { STATUS_RESPONDER,
		                                    STATUS_BAD_POLICY };
	static const struct saml_status another = { STATUS_RESPONDER,
		                                    STATUS_UNKNOWN_PRINCIPAL };
	const char *subject = js_string(request, "subject");

	if (!s->class)
		return &no_context;
	if (!s->name.value)
		return &no_name;
	if (subject && !text_equal(subject, s->name.value))
		return &another;
	return NULL;
}

/* Returns the SessionIndex: constant for a session and a service. */
static const char *session_index(struct visit *v, const struct entry *e)
{
	if (e->part && e->part->index)
		return e->part->index;
	return arena_print(v->arena, "_%s", random_secret(v->arena));
}

static bool collect(struct visit *v, const struct ticket *t,
                    const struct entry *e, const struct partner *p,
                    struct said *ret_said, struct fault *why)
{
	struct said s = {
		.issuer = e->issuer,
		.id = arena_print(v->arena, "_%s", random_secret(v->arena)),
		.audience = p->entity_id,
		.acs = js_string(t->request, "acs"),
		.in_response_to = js_string(t->request, "id"),
		.class = context_met(js_array(t->request, "classes"), e->acr,
		                     e->method),
		.index = session_index(v, e),
		.now = clock_now(),
		.proved_at = e->proved_at,
	};

	if (!nameid_make(v, e, p->entity_id, js_string(t->request, "format"),
	                 &s.name, why))
		return false;
	add_attributes(v, e, &s);
	*ret_said = s;
	return true;
}

static bool send_signed(struct visit *v, const struct issuer *i,
                        const struct service *s, const json_t *request,
                        const struct piece *assertion, struct fault *why)
{
	const char *acs = js_string(request, "acs");
	struct piece response = write_response_begun(
	    v->arena, i, acs, js_string(request, "id"), clock_now(), &success);
	const char *xml;

	if (!seal_both(v, i, assertion, &response, &xml, why))
		return false;
	binding_post(v, s, acs, xml, js_string(request, "relay"));
	return true;
}

/* Signs the Assertion too, unless the SP's metadata has
 * WantAssertionsSigned="false". */
static bool send_person(struct visit *v, const struct ticket *t,
                        const struct entry *e, const struct partner *p,
                        const struct said *s, struct fault *why)
{
	struct piece assertion = write_assertion(v->arena, s);

	if (!p->response_is_enough)
		return send_signed(v, e->issuer, e->service, t->request,
		                   &assertion, why);
	return send_response(v, e->issuer, e->service, t->request, &success,
	                     write_whole(v->arena, &assertion, NULL), why);
}

bool answer_person(struct visit *v, const struct ticket *t,
                   const struct entry *e, struct part *ret_part,
                   struct fault *why)
{
	const struct partner *p;
	struct said s;

	/* An earlier login of this SP still needs a logout request. */
	if (e->part) {
		ret_part->name_id = e->part->name_id;
		ret_part->index = e->part->index;
	}
	if (!partner_of_service(v, e->service->name, &p, why))
		return false;
	/* The metadata may have changed since the request was read. */
	if (!partner_owns(p, js_string(t->request, "acs")))
		return fault_for(why, FAULT_INVALID, "unknown-address",
		                 "an address that %s no longer has",
		                 e->service->name);
	if (!collect(v, t, e, p, &s, why))
		return false;
	const struct saml_status *no = hindrance(t->request, &s);

	if (no)
		return saml_answer_status(v, e->issuer, e->service, t->request,
		                          no, why);
	if (!send_person(v, t, e, p, &s, why))
		return false;
	ret_part->name_id = nameid_write(v->arena, &s.name);
	ret_part->index = s.index;
	return true;
}

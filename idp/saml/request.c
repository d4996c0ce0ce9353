/* SPDX-License-Identifier: AGPL-3.0-or-later
 * authn_request.c: validates an AuthnRequest (SAML Core 3.4.1) and creates an
 * auth transaction: first the signature, then the ACS URL, then the rest, so
 * that no response is sent to a URL that is not in the SP's metadata. */
#include "idp/saml/request.h"

#include <string.h>

#include "idp/saml/context.h"
#include "idp/saml/metadata.h"
#include "idp/saml/names.h"
#include "lib/clock.h"
#include "lib/text.h"

struct reading {
	struct arena *arena;
	const struct issuer *issuer;
	const struct service *service;
	const struct partner *partner;
	const struct envelope *envelope;
	const struct message *message;
	bool is_signed;
	struct asked asked;
	json_t *request;
	struct fault *why;
};

static const char *word(const struct reading *r, const char *name)
{
	return xml_get(r->arena, r->message->root, name);
}

/* ---- signature and destination ---- */

/* Bindings 3.4.4.1: a Redirect is signed by a query parameter; an XML signature
 * must have been removed. */
static bool check_redirect(struct reading *r)
{
	if (r->message->is_signed)
		return gate_refuse(r->why, "an XML signature in a Redirect");
	if (!r->envelope->octets)
		return true;
	r->is_signed = true;
	return binding_check(r->envelope, r->partner->keys,
	                     r->partner->key_count, r->why);
}

static bool check_post(struct reading *r)
{
	if (!r->message->is_signed)
		return true;
	r->is_signed = true;
	return sign_check_element(r->arena, r->message->root, r->partner->keys,
	                          r->partner->key_count, r->why);
}

/* A signature is required only by AuthnRequestsSigned; one that is present must
 * be valid in any case. */
static bool check_signature(struct reading *r)
{
	bool good = r->envelope->binding == BINDING_REDIRECT ? check_redirect(r)
	                                                     : check_post(r);

	if (!good)
		return false;
	if (r->partner->signs_requests && !r->is_signed)
		return gate_refuse(r->why, "a request that should be signed");
	return true;
}

/* Bindings 3.4.5.2 and 3.5.5.2: a signed message needs a Destination. */
static bool check_destination(struct reading *r)
{
	const char *here = metadata_sso(r->arena, r->issuer);

	if (!r->message->destination && !r->is_signed)
		return true;
	return text_equal(r->message->destination, here) ||
	       gate_refuse(r->why, "Destination is not here");
}

/* ---- the ACS URL ---- */

static bool unknown_address(const struct reading *r)
{
	return fault_for(r->why, FAULT_INVALID, "unknown-address",
	                 "an address that is not in the metadata of %s",
	                 r->service->name);
}

static const char *find_acs(const struct reading *r)
{
	const char *url = word(r, "AssertionConsumerServiceURL");
	const char *index = word(r, "AssertionConsumerServiceIndex");
	long long number;

	/* Core 3.4.1: the two are mutually exclusive. */
	if (url && index)
		return NULL;
	if (url)
		return partner_owns(r->partner, url) ? url : NULL;
	if (!index)
		return partner_default_acs(r->partner);
	if (!text_to_number(index, 0, 65535, &number))
		return NULL;
	return partner_acs_at(r->partner, (int)number);
}

static bool read_acs(struct reading *r)
{
	const char *binding = word(r, "ProtocolBinding");
	const char *acs = find_acs(r);

	if (!acs)
		return unknown_address(r);
	if (binding && !text_equal(binding, BINDING_URI_POST))
		return gate_refuse(r->why,
		                   "a ProtocolBinding that is not POST");
	js_put(r->request, "acs", acs);
	return true;
}

/* ---- the requirements ---- */

static bool refuse_with(struct reading *r, const char *code, const char *detail)
{
	if (!r->asked.status.code)
		r->asked.status =
		    (struct saml_status){ .code = code, .detail = detail };
	return true;
}

static bool receives_mail(const struct service *s)
{
	char **words = s->receives;

	while (words && *words && !text_equal(*words, "mail"))
		words++;
	return words && *words;
}

static bool can_be_named(const struct reading *r, const char *format)
{
	if (text_equal(format, FORMAT_MAIL))
		return receives_mail(r->service);
	return text_equal(format, FORMAT_PERSISTENT) ||
	       text_equal(format, FORMAT_TRANSIENT);
}

/* Without a requested format: the first supported one of the metadata. */
static const char *usual_format(const struct reading *r)
{
	char **formats = r->partner->formats;

	while (*formats && !can_be_named(r, *formats))
		formats++;
	return *formats ? *formats : FORMAT_PERSISTENT;
}

static bool read_format(struct reading *r)
{
	const struct xml *policy =
	    xml_child(r->message->root, NS_PROTOCOL, "NameIDPolicy");
	const char *format = xml_get(r->arena, policy, "Format");
	const char *whose = xml_get(r->arena, policy, "SPNameQualifier");

	if (xml_again(policy))
		return gate_refuse(r->why, "two NameIDPolicy");
	if (!format || text_equal(format, FORMAT_UNSPECIFIED))
		format = usual_format(r);
	js_put(r->request, "format", format);
	if (!can_be_named(r, format) ||
	    (whose && !text_equal(whose, r->partner->entity_id)))
		return refuse_with(r, STATUS_REQUESTER, STATUS_BAD_POLICY);
	return true;
}

/* Core 3.4.1.4: the Response must be about the requested Subject or have an
 * error status. */
static bool read_subject(struct reading *r)
{
	const struct xml *subject =
	    xml_child(r->message->root, NS_ASSERTION, "Subject");
	const struct xml *name = xml_child(subject, NS_ASSERTION, "NameID");

	if (!subject)
		return true;
	if (!name)
		return gate_refuse(r->why, "a Subject without NameID");
	js_put(r->request, "subject", xml_text(r->arena, name));
	return true;
}

static bool read_flag(const struct reading *r, const char *name, bool *ret_flag)
{
	const char *value = word(r, name);

	*ret_flag = text_equal(value, "true") || text_equal(value, "1");
	return *ret_flag || !value || text_equal(value, "false") ||
	       text_equal(value, "0") ||
	       gate_refuse(r->why, "%s is neither true nor false", name);
}

static bool read_flags(struct reading *r)
{
	struct ticket *t = &r->asked.ticket;

	if (!read_flag(r, "ForceAuthn", &t->ask_again) ||
	    !read_flag(r, "IsPassive", &t->no_pages))
		return false;
	/* No new authentication is possible without interaction. */
	if (t->ask_again && t->no_pages)
		return refuse_with(r, STATUS_RESPONDER, STATUS_NO_PASSIVE);
	return true;
}

static bool read_context(struct reading *r)
{
	json_t *classes;

	if (!context_read(r->arena, r->message->root, &classes, r->why))
		return false;
	if (!classes)
		return true;
	json_object_set(r->request, "classes", classes);
	r->asked.ticket.acr = context_acr(classes);
	if (json_array_size(classes) == 0)
		return refuse_with(r, STATUS_RESPONDER, STATUS_NO_CONTEXT);
	return true;
}

static void make_ticket(struct reading *r)
{
	struct ticket *t = &r->asked.ticket;

	t->front = "saml";
	t->issuer = r->issuer;
	t->service = r->service;
	t->max_age = -1;
	t->made = clock_now();
	t->request = r->request;
	js_put(r->request, "id", r->message->id);
	js_put(r->request, "relay", r->envelope->relay);
}

bool request_read(struct arena *a, const struct issuer *issuer,
                  const struct service *service, const struct partner *partner,
                  const struct envelope *e, const struct message *m,
                  struct asked *ret_asked, struct fault *why)
{
	struct reading r = { .arena = a,
		             .issuer = issuer,
		             .service = service,
		             .partner = partner,
		             .envelope = e,
		             .message = m,
		             .request = js_keep(a, json_object()),
		             .why = why };

	if (m->kind != MESSAGE_AUTHN_REQUEST || e->is_answer)
		return gate_refuse(why, "not an AuthnRequest");
	if (!check_signature(&r) || !check_destination(&r) || !read_acs(&r))
		return false;
	if (!read_flags(&r) || !read_context(&r) || !read_format(&r) ||
	    !read_subject(&r))
		return false;
	make_ticket(&r);
	*ret_asked = r.asked;
	return true;
}

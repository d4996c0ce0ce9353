/* SPDX-License-Identifier: AGPL-3.0-or-later
 * authn_request.c: validates an AuthnRequest (SAML Core 3.4.1) and creates an
 * auth transaction: first the signature, then the ACS URL, then the rest, so
 * that no response is sent to a URL that is not in the SP's metadata. */
#include "idp/saml/authn_request.h"

#include <string.h>

#include "idp/saml/authn_context.h"
#include "idp/saml/idp_metadata.h"
#include "idp/saml/saml_uris.h"
#include "lib/clock.h"
#include "lib/strbuf.h"

struct authn_request_reader {
	struct arena *arena;
	const struct issuer *issuer;
	const struct service *service;
	const struct sp_metadata *sp;
	const struct saml_envelope *envelope;
	const struct saml_message *message;
	bool is_signed;
	struct authn_request result;
	json_t *request;
	struct error *err;
};

static const char *authn_request_attribute(const struct authn_request_reader *r,
                                           const char *name)
{
	return xml_attribute(r->arena, r->message->root, name);
}

/* ---- signature and destination ---- */

/* Bindings 3.4.4.1: a Redirect is signed by a query parameter; an XML signature
 * must have been removed. */
static bool authn_request_check_redirect(struct authn_request_reader *r)
{
	if (r->message->is_signed)
		return saml_message_error(
		    r->err, "XML signature not allowed with HTTP-Redirect");
	if (!r->envelope->signed_octets)
		return true;
	r->is_signed = true;
	return saml_binding_verify(r->envelope, r->sp->keys, r->sp->key_count,
	                           r->err);
}

static bool authn_request_check_post(struct authn_request_reader *r)
{
	if (!r->message->is_signed)
		return true;
	r->is_signed = true;
	return signature_verify_enveloped(
	    r->arena, r->message->root, r->sp->keys, r->sp->key_count, r->err);
}

/* A signature is required only by AuthnRequestsSigned; one that is present must
 * be valid in any case. */
static bool authn_request_check_signature(struct authn_request_reader *r)
{
	bool good = r->envelope->binding == BINDING_REDIRECT
	                ? authn_request_check_redirect(r)
	                : authn_request_check_post(r);

	if (!good)
		return false;
	if (r->sp->authn_requests_signed && !r->is_signed)
		return saml_message_error(r->err,
		                          "AuthnRequest is not signed, but the "
		                          "metadata has AuthnRequestsSigned");
	return true;
}

/* Bindings 3.4.5.2 and 3.5.5.2: a signed message needs a Destination. */
static bool authn_request_check_destination(struct authn_request_reader *r)
{
	const char *sso_url = idp_metadata_sso_url(r->arena, r->issuer);

	if (!r->message->destination && !r->is_signed)
		return true;
	return text_equal(r->message->destination, sso_url) ||
	       saml_message_error(
		   r->err, "Destination is not the URL of this endpoint");
}

/* ---- the ACS URL ---- */

static bool authn_request_unknown_acs(const struct authn_request_reader *r)
{
	return error_set_reason(
	    r->err, ERROR_INVALID, "unknown-address",
	    "AssertionConsumerService is not in the metadata of %s",
	    r->service->name);
}

static const char *authn_request_find_acs(const struct authn_request_reader *r)
{
	const char *url =
	    authn_request_attribute(r, "AssertionConsumerServiceURL");
	const char *index =
	    authn_request_attribute(r, "AssertionConsumerServiceIndex");
	long long number;

	/* Core 3.4.1: the two are mutually exclusive. */
	if (url && index)
		return NULL;
	if (url)
		return sp_metadata_has_acs(r->sp, url) ? url : NULL;
	if (!index)
		return sp_metadata_default_acs(r->sp);
	if (!text_to_number(index, 0, 65535, &number))
		return NULL;
	return sp_metadata_acs_by_index(r->sp, (int)number);
}

static bool authn_request_read_acs(struct authn_request_reader *r)
{
	const char *binding = authn_request_attribute(r, "ProtocolBinding");
	const char *acs = authn_request_find_acs(r);

	if (!acs)
		return authn_request_unknown_acs(r);
	if (binding && !text_equal(binding, BINDING_URI_POST))
		return saml_message_error(r->err,
		                          "ProtocolBinding is not HTTP-POST");
	js_set_string(r->request, "acs", acs);
	return true;
}

/* ---- the requirements ---- */

static bool authn_request_set_status(struct authn_request_reader *r,
                                     const char *code, const char *detail)
{
	if (!r->result.status.code)
		r->result.status =
		    (struct saml_status){ .code = code, .detail = detail };
	return true;
}

static bool authn_request_may_release_mail(const struct service *s)
{
	char **names = s->attributes;

	while (names && *names && !text_equal(*names, "mail"))
		names++;
	return names && *names;
}

static bool authn_request_supports_format(const struct authn_request_reader *r,
                                          const char *format)
{
	if (text_equal(format, FORMAT_MAIL))
		return authn_request_may_release_mail(r->service);
	return text_equal(format, FORMAT_PERSISTENT) ||
	       text_equal(format, FORMAT_TRANSIENT);
}

/* Without a requested format: the first supported one of the metadata. */
static const char *authn_request_default_format(
    const struct authn_request_reader *r)
{
	char **formats = r->sp->nameid_formats;

	while (*formats && !authn_request_supports_format(r, *formats))
		formats++;
	return *formats ? *formats : FORMAT_PERSISTENT;
}

static bool authn_request_read_nameid_policy(struct authn_request_reader *r)
{
	const struct xml *policy =
	    xml_child(r->message->root, NS_PROTOCOL, "NameIDPolicy");
	const char *format = xml_attribute(r->arena, policy, "Format");
	const char *sp_qualifier =
	    xml_attribute(r->arena, policy, "SPNameQualifier");

	if (xml_next_same_name(policy))
		return saml_message_error(r->err, "more than one NameIDPolicy");
	if (!format || text_equal(format, FORMAT_UNSPECIFIED))
		format = authn_request_default_format(r);
	js_set_string(r->request, "format", format);
	if (!authn_request_supports_format(r, format) ||
	    (sp_qualifier && !text_equal(sp_qualifier, r->sp->entity_id)))
		return authn_request_set_status(r, STATUS_REQUESTER,
		                                STATUS_BAD_POLICY);
	return true;
}

/* Core 3.4.1.4: the Response must be about the requested Subject or have an
 * error status. */
static bool authn_request_read_subject(struct authn_request_reader *r)
{
	const struct xml *subject =
	    xml_child(r->message->root, NS_ASSERTION, "Subject");
	const struct xml *name = xml_child(subject, NS_ASSERTION, "NameID");

	if (!subject)
		return true;
	if (!name)
		return saml_message_error(r->err, "Subject has no NameID");
	js_set_string(r->request, "subject", xml_text(r->arena, name));
	return true;
}

static bool authn_request_read_flag(const struct authn_request_reader *r,
                                    const char *name, bool *ret_flag)
{
	const char *value = authn_request_attribute(r, name);

	*ret_flag = text_equal(value, "true") || text_equal(value, "1");
	return *ret_flag || !value || text_equal(value, "false") ||
	       text_equal(value, "0") ||
	       saml_message_error(r->err, "%s is not a boolean", name);
}

static bool authn_request_read_flags(struct authn_request_reader *r)
{
	struct auth_txn *txn = &r->result.txn;

	if (!authn_request_read_flag(r, "ForceAuthn", &txn->force_authn) ||
	    !authn_request_read_flag(r, "IsPassive", &txn->is_passive))
		return false;
	/* No new authentication is possible without interaction. */
	if (txn->force_authn && txn->is_passive)
		return authn_request_set_status(r, STATUS_RESPONDER,
		                                STATUS_NO_PASSIVE);
	return true;
}

static bool authn_request_read_context(struct authn_request_reader *r)
{
	json_t *classes;

	if (!authn_context_parse(r->arena, r->message->root, &classes, r->err))
		return false;
	if (!classes)
		return true;
	json_object_set(r->request, "classes", classes);
	r->result.txn.acr = authn_context_required_acr(classes);
	if (json_array_size(classes) == 0)
		return authn_request_set_status(r, STATUS_RESPONDER,
		                                STATUS_NO_CONTEXT);
	return true;
}

static void authn_request_build_txn(struct authn_request_reader *r)
{
	struct auth_txn *txn = &r->result.txn;

	txn->protocol = "saml";
	txn->issuer = r->issuer;
	txn->service = r->service;
	txn->max_age = -1;
	txn->created_at = clock_now();
	txn->request = r->request;
	js_set_string(r->request, "id", r->message->id);
	js_set_string(r->request, "relay", r->envelope->relay_state);
}

bool authn_request_parse(struct arena *a, const struct issuer *issuer,
                         const struct service *service,
                         const struct sp_metadata *sp,
                         const struct saml_envelope *e,
                         const struct saml_message *m,
                         struct authn_request *ret_request, struct error *err)
{
	struct authn_request_reader r = { .arena = a,
		                          .issuer = issuer,
		                          .service = service,
		                          .sp = sp,
		                          .envelope = e,
		                          .message = m,
		                          .request = js_own(a, json_object()),
		                          .err = err };

	if (m->kind != MESSAGE_AUTHN_REQUEST || e->is_response)
		return saml_message_error(err,
		                          "message is not an AuthnRequest");
	if (!authn_request_check_signature(&r) ||
	    !authn_request_check_destination(&r) || !authn_request_read_acs(&r))
		return false;
	if (!authn_request_read_flags(&r) || !authn_request_read_context(&r) ||
	    !authn_request_read_nameid_policy(&r) ||
	    !authn_request_read_subject(&r))
		return false;
	authn_request_build_txn(&r);
	*ret_request = r.result;
	return true;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * binding.c: receives SAML messages by the HTTP Redirect and POST bindings
 * (SAML Bindings 3.4 and 3.5).  A Redirect signature covers the URL-encoded
 * octets as sent, so they are kept unchanged and never re-encoded. */
#include "idp/saml/binding.h"

#include <string.h>

#include "idp/saml/saml_message_check.h"
#include "idp/saml/saml_uris.h"
#include "lib/base64.h"
#include "lib/inflate.h"
#include "lib/strbuf.h"

/* A repeated parameter would be ambiguous. */
static bool saml_binding_params_are_single(const struct request *r,
                                           struct error *err)
{
	static const char *const params[] = { "SAMLRequest", "SAMLResponse",
		                              "RelayState",  "SAMLEncoding",
		                              "SigAlg",      "Signature" };

	for (size_t i = 0; i < LENGTH(params); i++)
		if (request_param_repeated(r, params[i]))
			return saml_message_error(err, "parameter repeated: %s",
			                          params[i]);
	return true;
}

static bool saml_binding_read_message(struct arena *a, const struct request *r,
                                      struct saml_envelope *e,
                                      const char **ret_value, struct error *err)
{
	const char *request = request_param(r, "SAMLRequest");
	const char *response = request_param(r, "SAMLResponse");
	unsigned char *bytes;

	if (!request == !response)
		return saml_message_error(
		    err,
		    "exactly one of SAMLRequest and SAMLResponse is required");
	e->is_response = response != NULL;
	*ret_value = response ? response : request;
	if (!base64_decode(a, *ret_value, strlen(*ret_value), &bytes,
	                   &e->length))
		return saml_message_error(
		    err, "SAMLRequest or SAMLResponse is not base64");
	e->xml = (const char *)bytes;
	return true;
}

static bool saml_binding_has_control(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return true;
	return false;
}

static bool saml_binding_read_relay_state(const struct request *r,
                                          struct saml_envelope *e,
                                          struct error *err)
{
	e->relay_state = request_param(r, "RelayState");
	if (!e->relay_state)
		return true;
	if (strlen(e->relay_state) > BINDING_RELAY_STATE_MAX)
		return saml_message_error(err,
		                          "RelayState is longer than %d bytes",
		                          BINDING_RELAY_STATE_MAX);
	return !saml_binding_has_control(e->relay_state) ||
	       saml_message_error(err,
	                          "RelayState contains a control character");
}

/* Returns the encoded value of a parameter as sent, owned by a; NULL if the
 * name is absent or itself contains escapes. */
static const char *saml_binding_raw_param(struct arena *a, const char *query,
                                          const char *name)
{
	size_t length = strlen(name);

	for (const char *at = query; at; at = strchr(at, '&')) {
		at += *at == '&';
		if (strncmp(at, name, length) == 0 && at[length] == '=')
			return arena_memdup(a, at + length + 1,
			                    strcspn(at + length + 1, "&"));
	}
	return NULL;
}

/* Bindings 3.4.4.1: SAMLRequest=value&RelayState=value&SigAlg=value. */
static bool saml_binding_read_signed_octets(struct arena *a,
                                            const struct request *r,
                                            struct saml_envelope *e,
                                            struct error *err)
{
	const char *name = e->is_response ? "SAMLResponse" : "SAMLRequest";
	const char *message = saml_binding_raw_param(a, r->query, name);
	const char *relay_state =
	    saml_binding_raw_param(a, r->query, "RelayState");
	const char *algorithm = saml_binding_raw_param(a, r->query, "SigAlg");
	struct strbuf octets = strbuf_init(a);

	if (!message || !algorithm || !relay_state != !e->relay_state)
		return saml_message_error(
		    err, "percent-encoded parameter name in a signed query");
	strbuf_appendf(&octets, "%s=%s", name, message);
	if (relay_state)
		strbuf_appendf(&octets, "&RelayState=%s", relay_state);
	strbuf_appendf(&octets, "&SigAlg=%s", algorithm);
	e->signed_octets = octets.data;
	return true;
}

static bool saml_binding_read_signature(struct arena *a,
                                        const struct request *r,
                                        struct saml_envelope *e,
                                        struct error *err)
{
	const char *signature = request_query(r, "Signature");
	unsigned char *bytes;

	e->sig_alg = request_query(r, "SigAlg");
	if (!e->sig_alg && !signature)
		return true;
	if (!e->sig_alg || !signature)
		return saml_message_error(
		    err, "SigAlg and Signature must both be present");
	if (!base64_decode(a, signature, strlen(signature), &bytes,
	                   &e->signature_length))
		return saml_message_error(err, "Signature is not base64");
	e->signature = bytes;
	return saml_binding_read_signed_octets(a, r, e, err);
}

static bool saml_binding_read_redirect(struct arena *a, const struct request *r,
                                       struct saml_envelope *e,
                                       struct error *err)
{
	const char *encoding = request_query(r, "SAMLEncoding");
	struct error inflate_err = { 0 };
	char *xml;

	if (encoding && !text_equal(encoding, ENCODING_DEFLATE))
		return saml_message_error(err, "SAMLEncoding is not DEFLATE");
	if (!inflate_raw(a, e->xml, e->length, BINDING_XML_MAX, &xml,
	                 &e->length, &inflate_err))
		return saml_message_error(err, "%s", inflate_err.text);
	e->xml = xml;
	e->binding = BINDING_REDIRECT;
	return saml_binding_read_signature(a, r, e, err);
}

bool saml_binding_read(struct arena *a, const struct request *r,
                       struct saml_envelope *ret_envelope, struct error *err)
{
	struct saml_envelope e = { 0 };
	const char *value;

	if (r->method != METHOD_GET && r->method != METHOD_POST)
		return error_set_reason(err, ERROR_INVALID, "wrong-method",
		                        "method not allowed; use GET or POST");
	if (!saml_binding_params_are_single(r, err) ||
	    !saml_binding_read_message(a, r, &e, &value, err) ||
	    !saml_binding_read_relay_state(r, &e, err))
		return false;
	if (r->method == METHOD_GET &&
	    !saml_binding_read_redirect(a, r, &e, err))
		return false;
	if (r->method == METHOD_POST)
		e.binding = BINDING_POST;
	*ret_envelope = e;
	return true;
}

bool saml_binding_verify(const struct saml_envelope *e,
                         struct verify_key *const *keys, size_t count,
                         struct error *err)
{
	if (!e->signed_octets)
		return saml_message_error(err, "query is not signed");
	return signature_verify_query(e->signed_octets, e->sig_alg,
	                              e->signature, e->signature_length, keys,
	                              count, err);
}

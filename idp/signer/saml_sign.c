/* SPDX-License-Identifier: AGPL-3.0-or-later
 * saml_sign.c: signs SAML messages (SAML Core 5, SAML Bindings 3.4.4.1, XML
 * Signature). It parses what it signs and checks issuer, audience and
 * lifetime. The request must be in exclusive C14N, so that its digest is the
 * digest of its bytes. */
#include <string.h>

#include "idp/signer/authn_check.h"
#include "idp/signer/c14n_reader.h"
#include "idp/signer/key_crypto.h"
#include "idp/signer/signer.h"
#include "idp/signer/sp_entity_ids.h"
#include "lib/base64.h"
#include "lib/clock.h"
#include "lib/hash.h"
#include "lib/inflate.h"
#include "lib/strbuf.h"

#define NS_PROTOCOL  "urn:oasis:names:tc:SAML:2.0:protocol"
#define NS_ASSERTION "urn:oasis:names:tc:SAML:2.0:assertion"
#define NS_DS        "http://www.w3.org/2000/09/xmldsig#"
#define C14N         "http://www.w3.org/2001/10/xml-exc-c14n#"
#define RSA_SHA256   "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
#define SHA256       "http://www.w3.org/2001/04/xmlenc#sha256"
#define ENVELOPED    NS_DS "enveloped-signature"
#define SUCCESS      "urn:oasis:names:tc:SAML:2.0:status:Success"

enum {
	CLOCK_SKEW_S = 60,
	MAX_LIFETIME_S = 10 * 60,
	MESSAGE_MAX_BYTES = 64 * 1024
};

struct saml_sign_request {
	const struct config *cfg;
	const struct issuer *issuer;
	int64_t now;
	const char *audience; /* set by the checks, for the log */
};

static bool saml_sign_refuse(struct error *err, const char *what)
{
	return error_set(err, ERROR_REFUSED, "SAML: %s", what);
}

/* ---- the elements */

/* Returns whether id is an ASCII xs:ID of at most 128 characters; it must not
 * end the attribute value of the Reference. */
static bool saml_sign_id_is_valid(const char *id)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ_"
				      "0123456789.-";

	return id && *id && strlen(id) <= 128 && !strchr("0123456789.-", *id) &&
	       strspn(id, letters) == strlen(id);
}

static int saml_sign_count_ids(const struct c14n_element *e)
{
	int count = c14n_attribute_value(e, "ID") != NULL;

	for (const struct c14n_element *c = e->first; c; c = c->next)
		count += saml_sign_count_ids(c);
	return count;
}

static bool saml_sign_instant_is_now(const struct c14n_element *e,
                                     const char *name,
                                     const struct saml_sign_request *s)
{
	const char *text = c14n_attribute_value(e, name);
	int64_t when;

	return text && clock_parse_iso(text, &when) &&
	       when >= s->now - CLOCK_SKEW_S && when <= s->now + CLOCK_SKEW_S;
}

/* A missing NotOnOrAfter is refused like one too far ahead. */
static bool saml_sign_expires_soon(const struct c14n_element *e,
                                   const struct saml_sign_request *s)
{
	const char *text = c14n_attribute_value(e, "NotOnOrAfter");
	int64_t when;

	return text && clock_parse_iso(text, &when) && when > s->now &&
	       when <= s->now + MAX_LIFETIME_S;
}

/* Checks ID, Version, IssueInstant, and Issuer as the first child. */
static bool saml_sign_check_header(const struct c14n_element *e,
                                   const struct saml_sign_request *s,
                                   struct error *err)
{
	if (!saml_sign_id_is_valid(c14n_attribute_value(e, "ID")))
		return saml_sign_refuse(err, "ID is missing or invalid");
	if (!text_equal(c14n_attribute_value(e, "Version"), "2.0"))
		return saml_sign_refuse(err, "Version is not 2.0");
	if (!saml_sign_instant_is_now(e, "IssueInstant", s))
		return saml_sign_refuse(
		    err, "IssueInstant is outside the allowed clock skew");
	if (!c14n_element_is(e->first, NS_ASSERTION, "Issuer"))
		return saml_sign_refuse(err, "Issuer is not the first child");
	if (e->first->first ||
	    !text_equal(e->first->text, s->issuer->entity_id))
		return saml_sign_refuse(
		    err, "Issuer is not the entityID of the issuer");
	return true;
}

static bool saml_sign_check_conditions(const struct c14n_element *assertion,
                                       struct saml_sign_request *s,
                                       struct error *err)
{
	const struct c14n_element *conditions =
	    c14n_element_child(assertion, NS_ASSERTION, "Conditions");
	const struct c14n_element *restriction =
	    c14n_element_child(conditions, NS_ASSERTION, "AudienceRestriction");
	const struct c14n_element *audience =
	    c14n_element_child(restriction, NS_ASSERTION, "Audience");

	if (!audience)
		return saml_sign_refuse(err, "Audience is missing");
	if (c14n_element_count(assertion, NS_ASSERTION, "Conditions") != 1 ||
	    c14n_element_count(assertion, NS_ASSERTION, "Audience") != 1)
		return saml_sign_refuse(err,
		                        "Conditions or Audience is repeated");
	if (!saml_sign_expires_soon(conditions, s))
		return saml_sign_refuse(
		    err, "NotOnOrAfter of Conditions is missing or too late");
	if (!sp_entity_id_is_registered(s->cfg, s->issuer, audience->text))
		return saml_sign_refuse(
		    err, "Audience is not a service of this issuer");
	s->audience = audience->text;
	return true;
}

static bool saml_sign_check_subject(const struct c14n_element *assertion,
                                    const struct saml_sign_request *s,
                                    struct error *err)
{
	const struct c14n_element *subject =
	    c14n_element_child(assertion, NS_ASSERTION, "Subject");
	const struct c14n_element *confirmation =
	    c14n_element_child(subject, NS_ASSERTION, "SubjectConfirmation");

	if (!c14n_element_child(subject, NS_ASSERTION, "NameID") ||
	    !confirmation)
		return saml_sign_refuse(
		    err, "Subject has no NameID or SubjectConfirmation");
	if (c14n_element_count(assertion, NS_ASSERTION, "Subject") != 1)
		return saml_sign_refuse(err, "Subject is repeated");
	for (; confirmation; confirmation = confirmation->next)
		if (c14n_element_is(confirmation, NS_ASSERTION,
		                    "SubjectConfirmation") &&
		    !saml_sign_expires_soon(
			c14n_element_child(confirmation, NS_ASSERTION,
		                           "SubjectConfirmationData"),
			s))
			return saml_sign_refuse(
			    err, "NotOnOrAfter of SubjectConfirmationData is "
				 "missing or too late");
	return true;
}

/* SAML Profiles 4.1.4.2: Recipient is where the Response is sent, and so the
 * only place that may use the assertion. */
static bool saml_sign_check_recipients(const struct c14n_element *assertion,
                                       const struct saml_sign_request *s,
                                       struct error *err)
{
	const struct c14n_element *confirmation = c14n_element_child(
	    c14n_element_child(assertion, NS_ASSERTION, "Subject"),
	    NS_ASSERTION, "SubjectConfirmation");

	for (; confirmation; confirmation = confirmation->next) {
		const char *recipient = c14n_attribute_value(
		    c14n_element_child(confirmation, NS_ASSERTION,
		                       "SubjectConfirmationData"),
		    "Recipient");

		if (c14n_element_is(confirmation, NS_ASSERTION,
		                    "SubjectConfirmation") &&
		    !sp_acs_is_registered(s->cfg, s->issuer, s->audience,
		                          recipient))
			return saml_sign_refuse(
			    err, "Recipient is not registered for the "
				 "service of the Audience");
	}
	return true;
}

/* SAML Core 2.7.2: limits SessionNotOnOrAfter to the longest session. */
static bool saml_sign_check_statements(const struct c14n_element *assertion,
                                       const struct saml_sign_request *s,
                                       struct error *err)
{
	const struct c14n_element *e = assertion->first;

	for (; e; e = e->next) {
		const char *until =
		    c14n_attribute_value(e, "SessionNotOnOrAfter");
		int64_t when;

		if (until &&
		    (!clock_parse_iso(until, &when) ||
		     when > s->now + s->cfg->session_store.max_lifetime +
		                CLOCK_SKEW_S))
			return saml_sign_refuse(
			    err, "SessionNotOnOrAfter is too late");
	}
	return true;
}

static bool saml_sign_check_assertion_content(const struct c14n_element *e,
                                              struct saml_sign_request *s,
                                              struct error *err)
{
	if (c14n_element_count(e, NS_ASSERTION, "Assertion") != 1)
		return saml_sign_refuse(
		    err, "element does not have exactly one Assertion");
	return saml_sign_check_header(e, s, err) &&
	       saml_sign_check_subject(e, s, err) &&
	       saml_sign_check_conditions(e, s, err) &&
	       saml_sign_check_recipients(e, s, err) &&
	       saml_sign_check_statements(e, s, err) &&
	       authn_statements_check(s->cfg, e, s->now, err);
}

static bool saml_sign_check_assertion(const struct c14n_element *e,
                                      struct saml_sign_request *s,
                                      struct error *err)
{
	if (saml_sign_count_ids(e) != 1)
		return saml_sign_refuse(
		    err, "Assertion does not have exactly one ID");
	return saml_sign_check_assertion_content(e, s, err);
}

/* An assertion inside gets every check of a single one, and may be signed
 * already. An encrypted assertion cannot be checked, so it is refused. */
static bool saml_sign_check_response(const struct c14n_element *e,
                                     struct saml_sign_request *s,
                                     struct error *err)
{
	const struct c14n_element *assertion =
	    c14n_element_child(e, NS_ASSERTION, "Assertion");
	const char *status = c14n_attribute_value(
	    c14n_element_child(c14n_element_child(e, NS_PROTOCOL, "Status"),
	                       NS_PROTOCOL, "StatusCode"),
	    "Value");
	const int assertions = c14n_element_count(e, NS_ASSERTION, "Assertion");

	if (c14n_element_count(e, NS_ASSERTION, "EncryptedAssertion") > 0 ||
	    c14n_element_count(e, NS_PROTOCOL, "Response") != 1)
		return saml_sign_refuse(
		    err, "EncryptedAssertion or nested Response not allowed");
	if (!status || assertions != (text_equal(status, SUCCESS) ? 1 : 0))
		return saml_sign_refuse(
		    err, "StatusCode does not match the number of Assertions");
	if (saml_sign_count_ids(e) != 1 + assertions ||
	    text_equal(c14n_attribute_value(e, "ID"),
	               c14n_attribute_value(assertion, "ID")))
		return saml_sign_refuse(err, "duplicate or unexpected ID");
	if (!saml_sign_check_header(e, s, err))
		return false;
	if (assertions > 0 && !assertion)
		return saml_sign_refuse(err,
		                        "Assertion is not a child of Response");
	if (assertion && !saml_sign_check_assertion_content(assertion, s, err))
		return false;
	/* Without an assertion there is no audience: any service's. */
	return sp_acs_is_registered(s->cfg, s->issuer, s->audience,
	                            c14n_attribute_value(e, "Destination")) ||
	       saml_sign_refuse(
		   err, "Destination is not registered for the service");
}

static bool saml_sign_check_logout_request(const struct c14n_element *e,
                                           struct saml_sign_request *s,
                                           struct error *err)
{
	if (saml_sign_count_ids(e) != 1 ||
	    c14n_element_count(e, NS_ASSERTION, "Assertion") != 0)
		return saml_sign_refuse(
		    err, "logout message has an Assertion or more than one ID");
	if (c14n_attribute_value(e, "NotOnOrAfter") &&
	    !saml_sign_expires_soon(e, s))
		return saml_sign_refuse(
		    err, "NotOnOrAfter of LogoutRequest is too late");
	return saml_sign_check_header(e, s, err);
}

static bool saml_sign_check_logout_response(const struct c14n_element *e,
                                            struct saml_sign_request *s,
                                            struct error *err)
{
	if (saml_sign_count_ids(e) != 1 ||
	    c14n_element_count(e, NS_ASSERTION, "Assertion") != 0)
		return saml_sign_refuse(
		    err, "logout message has an Assertion or more than one ID");
	return saml_sign_check_header(e, s, err);
}

static const struct saml_sign_rule {
	const char *ns, *name;
	bool by_redirect; /* HTTP-Redirect binding */
	bool (*check)(const struct c14n_element *e, struct saml_sign_request *s,
	              struct error *err);
} saml_sign_rules[] = {
	{ NS_ASSERTION, "Assertion", false, saml_sign_check_assertion },
	{ NS_PROTOCOL, "Response", false, saml_sign_check_response },
	{ NS_PROTOCOL, "LogoutRequest", true, saml_sign_check_logout_request },
	{ NS_PROTOCOL, "LogoutResponse", true,
	  saml_sign_check_logout_response },
};

static const struct saml_sign_rule *saml_sign_rule_of(
    const struct c14n_element *root)
{
	for (size_t i = 0; i < LENGTH(saml_sign_rules); i++)
		if (c14n_element_is(root, saml_sign_rules[i].ns,
		                    saml_sign_rules[i].name))
			return &saml_sign_rules[i];
	return NULL;
}

/* A signature is allowed only in an Assertion inside a Response. */
static bool saml_sign_check_signatures(const struct c14n_element *e)
{
	for (const struct c14n_element *c = e->first; c; c = c->next) {
		if (c14n_element_is(c, NS_DS, "Signature") &&
		    !(e->parent &&
		      c14n_element_is(e, NS_ASSERTION, "Assertion")))
			return false;
		if (!saml_sign_check_signatures(c))
			return false;
	}
	return true;
}

static bool saml_sign_check_root(const struct c14n_element *root,
                                 struct saml_sign_request *s,
                                 const struct saml_sign_rule **ret_row,
                                 struct error *err)
{
	const struct saml_sign_rule *rule = saml_sign_rule_of(root);

	if (!rule)
		return saml_sign_refuse(err, "element type is not signed");
	if (!saml_sign_check_signatures(root))
		return saml_sign_refuse(err, "element already has a Signature");
	*ret_row = rule;
	return rule->check(root, s, err);
}

/* ---- ds:Signature */

/* Canonical by construction: no empty-element tags, at most one attribute each.
 * SignedInfo declares the prefix itself where it has no parent. */
static char *saml_sign_signed_info(struct arena *a, const char *declaration,
                                   const char *id, const char *digest)
{
	return arena_printf(
	    a,
	    "<ds:SignedInfo%s>"
	    "<ds:CanonicalizationMethod Algorithm=\"" C14N
	    "\"></ds:CanonicalizationMethod>"
	    "<ds:SignatureMethod Algorithm=\"" RSA_SHA256
	    "\"></ds:SignatureMethod>"
	    "<ds:Reference URI=\"#%s\">"
	    "<ds:Transforms>"
	    "<ds:Transform Algorithm=\"" ENVELOPED "\"></ds:Transform>"
	    "<ds:Transform Algorithm=\"" C14N "\"></ds:Transform>"
	    "</ds:Transforms>"
	    "<ds:DigestMethod Algorithm=\"" SHA256 "\"></ds:DigestMethod>"
	    "<ds:DigestValue>%s</ds:DigestValue>"
	    "</ds:Reference>"
	    "</ds:SignedInfo>",
	    declaration, id, digest);
}

static bool saml_sign_element(struct arena *a, const struct key *k,
                              const char *xml, const char *id,
                              char **ret_signature, struct error *err)
{
	unsigned char digest[HASH_SHA256_SIZE], *signature;
	size_t length;

	hash_sha256(xml, strlen(xml), digest);
	const char *digest_text = base64_encode(a, digest, sizeof(digest));
	const char *apart = saml_sign_signed_info(a, " xmlns:ds=\"" NS_DS "\"",
	                                          id, digest_text);

	if (!key_sign(a, k, apart, strlen(apart), &signature, &length, err))
		return false;
	*ret_signature =
	    arena_printf(a,
	                 "<ds:Signature xmlns:ds=\"" NS_DS "\">%s"
	                 "<ds:SignatureValue>%s</ds:SignatureValue>"
	                 "<ds:KeyInfo><ds:X509Data><ds:X509Certificate>%s"
	                 "</ds:X509Certificate></ds:X509Data></ds:KeyInfo>"
	                 "</ds:Signature>",
	                 saml_sign_signed_info(a, "", id, digest_text),
	                 base64_encode(a, signature, length), k->certificate);
	return true;
}

static bool saml_sign_checked(const struct ipc_request *req, const char *issuer,
                              const char *xml, char **ret_signature,
                              struct error *err)
{
	struct saml_sign_request s = { .cfg = req->cfg, .now = clock_now() };
	const struct saml_sign_rule *row;
	const struct key *k;
	struct c14n_element *root;

	return request_issuer(req, issuer, &s.issuer, err) &&
	       c14n_parse(req->arena, xml, &root, err) &&
	       saml_sign_check_root(root, &s, &row, err) &&
	       keys_active(s.issuer->name, USE_SAML, "RS256", s.now, &k, err) &&
	       saml_sign_element(req->arena, k, xml,
	                         c14n_attribute_value(root, "ID"),
	                         ret_signature, err) &&
	       signing_log_append(
		   arena_printf(req->arena, "saml:%s", row->name),
		   s.issuer->entity_id, s.audience, k->kid, err);
}

bool handle_sign_saml(const struct ipc_request *req,
                      const struct sign_saml_request *request,
                      struct sign_saml_reply *reply, struct error *err)
{
	char *signature;

	if (!saml_sign_checked(req, request->issuer, request->element,
	                       &signature, err))
		return false;
	reply->signature = signature;
	return true;
}

/* Signs an Assertion and the Response around it, with the checks of two
 * requests. */
bool handle_sign_saml_response(const struct ipc_request *req,
                               const struct sign_saml_response_request *request,
                               struct sign_saml_response_reply *reply,
                               struct error *err)
{
	const char *assertion =
	    arena_printf(req->arena, "%s%s", request->assertion_head,
	                 request->assertion_tail);
	char *signature, *around;

	if (!saml_sign_checked(req, request->issuer, assertion, &signature,
	                       err))
		return false;
	const char *response = arena_printf(
	    req->arena, "%s%s%s%s%s%s", request->response_head,
	    request->response_tail, request->assertion_head, signature,
	    request->assertion_tail, request->response_end);

	if (!saml_sign_checked(req, request->issuer, response, &around, err))
		return false;
	reply->assertion_signature = signature;
	reply->response_signature = around;
	return true;
}

/* ---- the HTTP-Redirect binding */

static int signed_query_hex_digit(char c)
{
	const char *at = c ? strchr("0123456789abcdef", c | 0x20) : NULL;

	return at ? (int)(at - "0123456789abcdef") : -1;
}

static bool signed_query_unescape(struct arena *a, const char *text,
                                  size_t length, const char **ret_text)
{
	struct strbuf out = strbuf_init(a);

	for (size_t i = 0; i < length; i++) {
		char c = text[i] == '+' ? ' ' : text[i];

		if (c == '%') {
			if (i + 2 >= length)
				return false;
			int high = signed_query_hex_digit(text[i + 1]);
			int low = signed_query_hex_digit(text[i + 2]);

			if (high < 0 || low < 0 || high + low == 0)
				return false;
			c = (char)(high * 16 + low);
			i += 2;
		}
		strbuf_append_bytes(&out, &c, 1);
	}
	*ret_text = out.data;
	return true;
}

/* Returns the decoded value of the next parameter, which must have this name,
 * and advances to the one after it. */
static bool signed_query_next_parameter(struct arena *a, const char **at,
                                        const char *name,
                                        const char **ret_value)
{
	const size_t name_length = strlen(name);
	size_t length;

	if (strncmp(*at, name, name_length) != 0 || (*at)[name_length] != '=')
		return false;
	*at += name_length + 1;
	length = strcspn(*at, "&");
	if (!signed_query_unescape(a, *at, length, ret_value))
		return false;
	*at += length;
	if (**at == '&')
		(*at)++;
	return true;
}

/* SAML Bindings 3.4.4.1: message, RelayState, SigAlg, in this order. */
static bool signed_query_parse(struct arena *a, const char *query,
                               const char **ret_message, struct error *err)
{
	const char *at = query, *message, *ignored, *algorithm;

	if (!signed_query_next_parameter(a, &at, "SAMLRequest", &message) &&
	    !signed_query_next_parameter(a, &at, "SAMLResponse", &message))
		return saml_sign_refuse(
		    err,
		    "query does not start with SAMLRequest or SAMLResponse");
	(void)signed_query_next_parameter(a, &at, "RelayState", &ignored);
	if (!signed_query_next_parameter(a, &at, "SigAlg", &algorithm) || *at)
		return saml_sign_refuse(err, "query does not end with SigAlg");
	if (!text_equal(algorithm, RSA_SHA256))
		return saml_sign_refuse(err, "SigAlg is not rsa-sha256");
	*ret_message = message;
	return true;
}

static bool signed_query_decode_message(struct arena *a, const char *message,
                                        struct c14n_element **ret_root,
                                        struct error *err)
{
	unsigned char *deflated;
	size_t deflated_length, length;
	char *xml;

	if (!base64_decode(a, message, strlen(message), &deflated,
	                   &deflated_length))
		return saml_sign_refuse(err, "message is not base64");
	if (!inflate_raw(a, deflated, deflated_length, MESSAGE_MAX_BYTES, &xml,
	                 &length, err))
		return false;
	if (strlen(xml) != length)
		return saml_sign_refuse(err, "message contains a NUL byte");
	return c14n_parse(a, xml, ret_root, err);
}

bool handle_sign_query(const struct ipc_request *req,
                       const struct sign_query_request *request,
                       struct sign_query_reply *reply, struct error *err)
{
	const char *query = request->query, *message = NULL;
	struct saml_sign_request s = { .cfg = req->cfg, .now = clock_now() };
	const struct saml_sign_rule *row;
	const struct key *k;
	struct c14n_element *root;
	unsigned char *signature;
	size_t length;

	if (!request_issuer(req, request->issuer, &s.issuer, err) ||
	    !signed_query_parse(req->arena, query, &message, err) ||
	    !signed_query_decode_message(req->arena, message, &root, err) ||
	    !saml_sign_check_root(root, &s, &row, err))
		return false;
	if (!row->by_redirect)
		return saml_sign_refuse(
		    err, "message type is not signed for HTTP-Redirect");
	if (!keys_active(s.issuer->name, USE_SAML, "RS256", s.now, &k, err) ||
	    !key_sign(req->arena, k, query, strlen(query), &signature, &length,
	              err) ||
	    !signing_log_append(arena_printf(req->arena, "query:%s", row->name),
	                        s.issuer->entity_id, NULL, k->kid, err))
		return false;
	reply->signature = base64_encode(req->arena, signature, length);
	return true;
}

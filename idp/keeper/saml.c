/* SPDX-License-Identifier: AGPL-3.0-or-later
 * saml_sign.c: signs SAML messages (SAML Core 5, SAML Bindings 3.4.4.1, XML
 * Signature). It parses what it signs and checks issuer, audience and
 * lifetime. The request must be in exclusive C14N, so that its digest is the
 * digest of its bytes. */
#include <string.h>

#include "idp/keeper/canonical.h"
#include "idp/keeper/keeper.h"
#include "idp/keeper/make.h"
#include "idp/keeper/providers.h"
#include "lib/base64.h"
#include "lib/clock.h"
#include "lib/hash.h"
#include "lib/inflate.h"
#include "lib/text.h"

#define NS_PROTOCOL  "urn:oasis:names:tc:SAML:2.0:protocol"
#define NS_ASSERTION "urn:oasis:names:tc:SAML:2.0:assertion"
#define NS_DS        "http://www.w3.org/2000/09/xmldsig#"
#define C14N         "http://www.w3.org/2001/10/xml-exc-c14n#"
#define RSA_SHA256   "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
#define SHA256       "http://www.w3.org/2001/04/xmlenc#sha256"
#define ENVELOPED    NS_DS "enveloped-signature"
#define SUCCESS      "urn:oasis:names:tc:SAML:2.0:status:Success"

enum { SKEW = 60, LONGEST = 10 * 60, LARGEST_QUERY = 64 * 1024, PIECES = 4 };

struct saml_question {
	const struct region *region;
	const struct issuer *issuer;
	int64_t now;
	const char *audience; /* set by the checks, for the log */
};

static bool refuse(struct fault *why, const char *what)
{
	return fault(why, FAULT_REFUSED, "SAML: %s", what);
}

/* ---- the elements */

/* Returns whether id is an ASCII xs:ID of at most 128 characters; it must not
 * end the attribute value of the Reference. */
static bool is_id(const char *id)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ_"
				      "0123456789.-";

	return id && *id && strlen(id) <= 128 && !strchr("0123456789.-", *id) &&
	       strspn(id, letters) == strlen(id);
}

static int count_ids(const struct element *e)
{
	int count = element_attribute(e, "ID") != NULL;

	for (const struct element *c = e->first; c; c = c->next)
		count += count_ids(c);
	return count;
}

static bool is_now(const struct element *e, const char *name,
                   const struct saml_question *s)
{
	const char *text = element_attribute(e, name);
	int64_t when;

	return text && clock_from_iso(text, &when) && when >= s->now - SKEW &&
	       when <= s->now + SKEW;
}

/* A missing NotOnOrAfter is refused like one too far ahead. */
static bool ends_soon(const struct element *e, const struct saml_question *s)
{
	const char *text = element_attribute(e, "NotOnOrAfter");
	int64_t when;

	return text && clock_from_iso(text, &when) && when > s->now &&
	       when <= s->now + LONGEST;
}

/* Checks ID, Version, IssueInstant, and Issuer as the first child. */
static bool is_ours(const struct element *e, const struct saml_question *s,
                    struct fault *why)
{
	if (!is_id(element_attribute(e, "ID")))
		return refuse(why, "no good ID");
	if (!text_equal(element_attribute(e, "Version"), "2.0"))
		return refuse(why, "Version is not 2.0");
	if (!is_now(e, "IssueInstant", s))
		return refuse(why, "IssueInstant is not now");
	if (!element_is(e->first, NS_ASSERTION, "Issuer"))
		return refuse(why, "Issuer is not the first child");
	if (e->first->first ||
	    !text_equal(e->first->text, s->issuer->entity_id))
		return refuse(why, "Issuer is another");
	return true;
}

static bool conditions_are_good(const struct element *assertion,
                                struct saml_question *s, struct fault *why)
{
	const struct element *conditions =
	    element_child(assertion, NS_ASSERTION, "Conditions");
	const struct element *restriction =
	    element_child(conditions, NS_ASSERTION, "AudienceRestriction");
	const struct element *audience =
	    element_child(restriction, NS_ASSERTION, "Audience");

	if (!audience)
		return refuse(why, "no audience");
	if (element_count(assertion, NS_ASSERTION, "Conditions") != 1 ||
	    element_count(assertion, NS_ASSERTION, "Audience") != 1)
		return refuse(why, "not one audience");
	if (!ends_soon(conditions, s))
		return refuse(why, "Conditions do not end soon");
	if (!provider_is_known(s->region, s->issuer, audience->text))
		return refuse(why, "the audience is no service of that issuer");
	s->audience = audience->text;
	return true;
}

static bool subject_is_good(const struct element *assertion,
                            const struct saml_question *s, struct fault *why)
{
	const struct element *subject =
	    element_child(assertion, NS_ASSERTION, "Subject");
	const struct element *confirmation =
	    element_child(subject, NS_ASSERTION, "SubjectConfirmation");

	if (!element_child(subject, NS_ASSERTION, "NameID") || !confirmation)
		return refuse(why, "no subject");
	if (element_count(assertion, NS_ASSERTION, "Subject") != 1)
		return refuse(why, "not one subject");
	for (; confirmation; confirmation = confirmation->next)
		if (element_is(confirmation, NS_ASSERTION,
		               "SubjectConfirmation") &&
		    !ends_soon(element_child(confirmation, NS_ASSERTION,
		                             "SubjectConfirmationData"),
		               s))
			return refuse(why, "a confirmation does not end soon");
	return true;
}

/* SAML Core 2.7.2: limits SessionNotOnOrAfter to the longest session. */
static bool statements_are_good(const struct element *assertion,
                                const struct saml_question *s,
                                struct fault *why)
{
	const struct element *e = assertion->first;

	for (; e; e = e->next) {
		const char *until = element_attribute(e, "SessionNotOnOrAfter");
		int64_t when;

		if (until &&
		    (!clock_from_iso(until, &when) ||
		     when > s->now + s->region->sessions.longest + SKEW))
			return refuse(why, "a session that does not end");
	}
	return true;
}

static bool assertion_is_good(const struct element *e, struct saml_question *s,
                              struct fault *why)
{
	if (element_count(e, NS_ASSERTION, "Assertion") != 1)
		return refuse(why, "not one assertion");
	return is_ours(e, s, why) && subject_is_good(e, s, why) &&
	       conditions_are_good(e, s, why) && statements_are_good(e, s, why);
}

static bool check_assertion(const struct element *e, struct saml_question *s,
                            struct fault *why)
{
	if (count_ids(e) != 1)
		return refuse(why, "more than one ID");
	return assertion_is_good(e, s, why);
}

/* An assertion inside gets every check of a single one, and may be signed
 * already. An encrypted assertion cannot be checked, so it is refused. */
static bool check_response(const struct element *e, struct saml_question *s,
                           struct fault *why)
{
	const struct element *assertion =
	    element_child(e, NS_ASSERTION, "Assertion");
	const char *status = element_attribute(
	    element_child(element_child(e, NS_PROTOCOL, "Status"), NS_PROTOCOL,
	                  "StatusCode"),
	    "Value");
	const int assertions = element_count(e, NS_ASSERTION, "Assertion");

	if (element_count(e, NS_ASSERTION, "EncryptedAssertion") > 0 ||
	    element_count(e, NS_PROTOCOL, "Response") != 1)
		return refuse(why, "what cannot be checked");
	if (!status || assertions != (text_equal(status, SUCCESS) ? 1 : 0))
		return refuse(why, "status and assertion do not fit");
	if (count_ids(e) != 1 + assertions ||
	    text_equal(element_attribute(e, "ID"),
	               element_attribute(assertion, "ID")))
		return refuse(why, "an ID twice or where it should not be");
	if (!is_ours(e, s, why))
		return false;
	if (assertions == 0)
		return true;
	return assertion ? assertion_is_good(assertion, s, why)
	                 : refuse(why, "an assertion in the wrong place");
}

static bool check_logout_request(const struct element *e,
                                 struct saml_question *s, struct fault *why)
{
	if (count_ids(e) != 1 ||
	    element_count(e, NS_ASSERTION, "Assertion") != 0)
		return refuse(why, "more than a logout");
	if (element_attribute(e, "NotOnOrAfter") && !ends_soon(e, s))
		return refuse(why, "a logout that does not end soon");
	return is_ours(e, s, why);
}

static bool check_logout_response(const struct element *e,
                                  struct saml_question *s, struct fault *why)
{
	if (count_ids(e) != 1 ||
	    element_count(e, NS_ASSERTION, "Assertion") != 0)
		return refuse(why, "more than a logout");
	return is_ours(e, s, why);
}

static const struct saml_row {
	const char *space, *name;
	bool by_query; /* HTTP-Redirect binding */
	bool (*check)(const struct element *e, struct saml_question *s,
	              struct fault *why);
} rows[] = {
	{ NS_ASSERTION, "Assertion", false, check_assertion },
	{ NS_PROTOCOL, "Response", false, check_response },
	{ NS_PROTOCOL, "LogoutRequest", true, check_logout_request },
	{ NS_PROTOCOL, "LogoutResponse", true, check_logout_response },
};

static const struct saml_row *row_of(const struct element *root)
{
	for (size_t i = 0; i < LENGTH(rows); i++)
		if (element_is(root, rows[i].space, rows[i].name))
			return &rows[i];
	return NULL;
}

/* A signature is allowed only in an Assertion inside a Response. */
static bool signatures_are_good(const struct element *e)
{
	for (const struct element *c = e->first; c; c = c->next) {
		if (element_is(c, NS_DS, "Signature") &&
		    !(e->parent && element_is(e, NS_ASSERTION, "Assertion")))
			return false;
		if (!signatures_are_good(c))
			return false;
	}
	return true;
}

static bool check_root(const struct element *root, struct saml_question *s,
                       const struct saml_row **ret_row, struct fault *why)
{
	const struct saml_row *row = row_of(root);

	if (!row)
		return refuse(why, "such an element is not signed");
	if (!signatures_are_good(root))
		return refuse(why, "a signature is there already");
	*ret_row = row;
	return row->check(root, s, why);
}

/* ---- ds:Signature */

/* Canonical by construction: no empty-element tags, at most one attribute each.
 * SignedInfo declares the prefix itself where it has no parent. */
static char *signed_info(struct arena *a, const char *declaration,
                         const char *id, const char *digest)
{
	return arena_print(
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

static bool sign_element(struct arena *a, const struct key *k, const char *xml,
                         const char *id, char **ret_signature,
                         struct fault *why)
{
	unsigned char digest[HASH_SHA256], *signature;
	size_t length;

	hash_sha256(xml, strlen(xml), digest);
	const char *digest_text = base64_write(a, digest, sizeof(digest));
	const char *apart =
	    signed_info(a, " xmlns:ds=\"" NS_DS "\"", id, digest_text);

	if (!sign_bytes(a, k, apart, strlen(apart), &signature, &length, why))
		return false;
	*ret_signature =
	    arena_print(a,
	                "<ds:Signature xmlns:ds=\"" NS_DS "\">%s"
	                "<ds:SignatureValue>%s</ds:SignatureValue>"
	                "<ds:KeyInfo><ds:X509Data><ds:X509Certificate>%s"
	                "</ds:X509Certificate></ds:X509Data></ds:KeyInfo>"
	                "</ds:Signature>",
	                signed_info(a, "", id, digest_text),
	                base64_write(a, signature, length), k->certificate);
	return true;
}

static bool sign_checked(const struct question *q, const char *xml,
                         char **ret_signature, struct fault *why)
{
	struct saml_question s = { .region = q->region, .now = clock_now() };
	const struct saml_row *row;
	const struct key *k;
	struct element *root;

	return issuer_of(q, &s.issuer, why) &&
	       canonical_read(q->arena, xml, &root, why) &&
	       check_root(root, &s, &row, why) &&
	       keys_signing(s.issuer->name, USE_SAML, "RS256", s.now, &k,
	                    why) &&
	       sign_element(q->arena, k, xml, element_attribute(root, "ID"),
	                    ret_signature, why) &&
	       issued_note(arena_print(q->arena, "saml:%s", row->name),
	                   s.issuer->entity_id, s.audience, k->kid, why);
}

/* Signs an Assertion and the Response around it, with the checks of two
 * requests. */
static bool sign_both(const struct question *q, const json_t *pieces,
                      json_t **ret_answer, struct fault *why)
{
	const char *text[PIECES];
	char *signature, *around;

	for (size_t i = 0; i < PIECES; i++) {
		text[i] = json_string_value(json_array_get(pieces, i));
		if (!text[i] || json_array_size(pieces) != PIECES)
			return fault(why, FAULT_INVALID, "not %d pieces",
			             PIECES);
	}
	if (!sign_checked(q, arena_print(q->arena, "%s%s", text[1], text[2]),
	                  &signature, why) ||
	    !sign_checked(q,
	                  arena_print(q->arena, "%s%s%s%s%s", text[0], text[1],
	                              signature, text[2], text[3]),
	                  &around, why))
		return false;
	*ret_answer = js_keep(q->arena, json_pack("{s:s, s:s}", "signature",
	                                          signature, "around", around));
	return true;
}

bool answer_sign_saml(const struct question *q, json_t **ret_answer,
                      struct fault *why)
{
	const char *xml = js_string(q->body, "element");
	const json_t *pieces = js_array(q->body, "pieces");
	char *signature;

	if (pieces && !xml)
		return sign_both(q, pieces, ret_answer, why);
	if (!xml || pieces)
		return fault(why, FAULT_INVALID, "neither element nor pieces");
	if (!sign_checked(q, xml, &signature, why))
		return false;
	*ret_answer =
	    js_keep(q->arena, json_pack("{s:s}", "signature", signature));
	return true;
}

/* ---- the HTTP-Redirect binding */

static int hex_digit(char c)
{
	const char *at = c ? strchr("0123456789abcdef", c | 0x20) : NULL;

	return at ? (int)(at - "0123456789abcdef") : -1;
}

static bool unescape(struct arena *a, const char *text, size_t length,
                     const char **ret_text)
{
	struct text out = text_in(a);

	for (size_t i = 0; i < length; i++) {
		char c = text[i] == '+' ? ' ' : text[i];

		if (c == '%') {
			if (i + 2 >= length)
				return false;
			int high = hex_digit(text[i + 1]);
			int low = hex_digit(text[i + 2]);

			if (high < 0 || low < 0 || high + low == 0)
				return false;
			c = (char)(high * 16 + low);
			i += 2;
		}
		text_add_bytes(&out, &c, 1);
	}
	*ret_text = out.at;
	return true;
}

/* Returns the decoded value of the next parameter, which must have this name,
 * and advances to the one after it. */
static bool take_parameter(struct arena *a, const char **at, const char *name,
                           const char **ret_value)
{
	const size_t name_length = strlen(name);
	size_t length;

	if (strncmp(*at, name, name_length) != 0 || (*at)[name_length] != '=')
		return false;
	*at += name_length + 1;
	length = strcspn(*at, "&");
	if (!unescape(a, *at, length, ret_value))
		return false;
	*at += length;
	if (**at == '&')
		(*at)++;
	return true;
}

/* SAML Bindings 3.4.4.1: message, RelayState, SigAlg, in this order. */
static bool read_query(struct arena *a, const char *query,
                       const char **ret_message, struct fault *why)
{
	const char *at = query, *message, *ignored, *algorithm;

	if (!take_parameter(a, &at, "SAMLRequest", &message) &&
	    !take_parameter(a, &at, "SAMLResponse", &message))
		return refuse(why, "the query begins with no message");
	(void)take_parameter(a, &at, "RelayState", &ignored);
	if (!take_parameter(a, &at, "SigAlg", &algorithm) || *at)
		return refuse(why, "the query does not end in SigAlg");
	if (!text_equal(algorithm, RSA_SHA256))
		return refuse(why, "SigAlg is another than rsa-sha256");
	*ret_message = message;
	return true;
}

static bool read_message(struct arena *a, const char *message,
                         struct element **ret_root, struct fault *why)
{
	unsigned char *deflated;
	size_t deflated_length, length;
	char *xml;

	if (!base64_read(a, message, strlen(message), &deflated,
	                 &deflated_length))
		return refuse(why, "the message is not base64");
	if (!inflate_raw(a, deflated, deflated_length, LARGEST_QUERY, &xml,
	                 &length, why))
		return false;
	if (strlen(xml) != length)
		return refuse(why, "a NUL in the message");
	return canonical_read(a, xml, ret_root, why);
}

bool answer_sign_query(const struct question *q, json_t **ret_answer,
                       struct fault *why)
{
	const char *query = js_string(q->body, "query"), *message;
	struct saml_question s = { .region = q->region, .now = clock_now() };
	const struct saml_row *row;
	const struct key *k;
	struct element *root;
	unsigned char *signature;
	size_t length;

	if (!query)
		return fault(why, FAULT_INVALID, "query is missing");
	if (!issuer_of(q, &s.issuer, why) ||
	    !read_query(q->arena, query, &message, why) ||
	    !read_message(q->arena, message, &root, why) ||
	    !check_root(root, &s, &row, why))
		return false;
	if (!row->by_query)
		return refuse(why, "such a message does not go by Redirect");
	if (!keys_signing(s.issuer->name, USE_SAML, "RS256", s.now, &k, why) ||
	    !sign_bytes(q->arena, k, query, strlen(query), &signature, &length,
	                why) ||
	    !issued_note(arena_print(q->arena, "query:%s", row->name),
	                 s.issuer->entity_id, NULL, k->kid, why))
		return false;
	*ret_answer = js_keep(
	    q->arena, json_pack("{s:s}", "signature",
	                        base64_write(q->arena, signature, length)));
	return true;
}

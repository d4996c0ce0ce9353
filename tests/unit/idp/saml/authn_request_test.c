/* SPDX-License-Identifier: AGPL-3.0-or-later
 * AuthnRequests of SPs and attackers, from HTTP to the auth transaction; the
 * row numbers are those of tests/hostile/ROWS.md. */
#include "tests/unit/test.h"

#include <stdio.h>

#include "idp/http/form_urlencoded.h"
#include "idp/saml/authn_request.h"
#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/inflate.h"
#include "tests/unit/idp/saml/made.h"

#define SP  "https://sp.example/metadata"
#define ACS "https://sp.example/acs"

static const struct issuer issuer = {
	.name = "region",
	.url = "https://login.example",
	.host = "login.example",
	.entity_id = "https://login.example/saml/metadata",
};
static char *receives[] = { (char[]){ "mail" }, NULL };
static char *receives_no_mail[] = { (char[]){ "name" }, NULL };

struct world {
	struct arena *arena;
	EVP_PKEY *key, *strangers;
	struct service service;
	struct sp_metadata partner;
	/* RelayState and further parameters of the message. */
	const char *relay, *more;
	struct authn_request result;
};

static void read_partner(struct world *w, const char *attributes,
                         const char *key_use)
{
	const char *certificate = made_certificate(w->arena, w->key);
	char *xml = arena_printf(
	    w->arena,
	    "<EntityDescriptor xmlns=\"" NS_METADATA "\" xmlns:ds=\"" NS_DS
	    "\" entityID=\"" SP "\"><!-- from a file -->"
	    "<SPSSODescriptor %s protocolSupportEnumeration=\"" NS_PROTOCOL
	    "\"><KeyDescriptor %s><ds:KeyInfo><ds:X509Data>"
	    "<ds:X509Certificate>\n %s\n</ds:X509Certificate></ds:X509Data>"
	    "</ds:KeyInfo></KeyDescriptor>"
	    "<AssertionConsumerService index=\"0\" Binding=\"" BINDING_URI_POST
	    "\" Location=\"" ACS "/other\"/>"
	    "<AssertionConsumerService index=\"7\" isDefault=\"true\" "
	    "Binding=\"" BINDING_URI_POST "\" Location=\"" ACS "\"/>"
	    "<AssertionConsumerService index=\"9\" "
	    "Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact\" "
	    "Location=\"https://sp.example/artifact\"/>"
	    "</SPSSODescriptor></EntityDescriptor>",
	    attributes, key_use, certificate);
	struct error err = { 0 };

	if (!sp_metadata_parse(w->arena, xml, strlen(xml), &w->partner, &err))
		fail_msg("%s", err.text);
}

static struct world world_open(const char *attributes)
{
	struct world w = { .arena = arena_open() };

	w.key = made_rsa(w.arena, 2048, 65537);
	w.strangers = made_rsa(w.arena, 2048, 65537);
	w.service = (struct service){ .name = "erp",
		                      .issuer = &issuer,
		                      .attributes = receives };
	read_partner(&w, attributes, "");
	return w;
}

/* ---- messages ---- */

static char *message(struct arena *a, const char *attributes,
                     const char *children)
{
	return arena_printf(
	    a,
	    "<samlp:AuthnRequest xmlns:samlp=\"" NS_PROTOCOL
	    "\" xmlns:saml=\"" NS_ASSERTION
	    "\" ID=\"_1\" Version=\"2.0\" IssueInstant=\"%s\" "
	    "Destination=\"https://login.example/saml/sso\"%s>"
	    "<saml:Issuer>" SP "</saml:Issuer>%s</samlp:AuthnRequest>",
	    clock_format_iso(a, clock_now()), attributes, children);
}

static char *deflated(struct arena *a, const char *xml)
{
	size_t length;
	unsigned char *bytes = deflate_raw(a, xml, strlen(xml), &length);

	return escape_string(a, escape_url, base64_encode(a, bytes, length));
}

static char *query(struct world *w, const char *xml)
{
	char *q =
	    arena_printf(w->arena, "SAMLRequest=%s", deflated(w->arena, xml));

	if (w->relay)
		q = arena_printf(w->arena, "%s&RelayState=%s", q,
		                 escape_string(w->arena, escape_url, w->relay));
	return q;
}

static char *signed_query(struct world *w, EVP_PKEY *key, const char *xml)
{
	char *q =
	    arena_printf(w->arena, "%s&SigAlg=%s", query(w, xml),
	                 escape_string(w->arena, escape_url, SIG_RSA_SHA256));

	return arena_printf(
	    w->arena, "%s&Signature=%s", q,
	    escape_string(w->arena, escape_url,
	                  made_octets(w->arena, key, "SHA256", q)));
}

/* Returns the reason of the error, or the status of the response; NULL: the
 * request is accepted. */
static const char *outcome(struct world *w, const struct request *r)
{
	struct saml_envelope e;
	struct saml_message m;
	struct error err = { 0 };

	if (!saml_binding_read(w->arena, r, &e, &err) ||
	    !saml_message_parse(w->arena, e.xml, e.length, clock_now(), &m,
	                        &err) ||
	    !authn_request_parse(w->arena, &issuer, &w->service, &w->partner,
	                         &e, &m, &w->result, &err))
		return err.reason ? err.reason : "no reason";
	return w->result.status.detail;
}

static const char *get(struct world *w, const char *query_text)
{
	struct request r = { .arena = w->arena,
		             .method = METHOD_GET,
		             .query = query_text,
		             .body = "" };

	assert_true(form_decode(w->arena, query_text, strlen(query_text),
	                        &r.query_params, &r.query_count, NULL));
	return outcome(w, &r);
}

static const char *post_form(struct world *w, const char *query_text,
                             const char *form)
{
	struct request r = { .arena = w->arena,
		             .method = METHOD_POST,
		             .query = query_text,
		             .body = form,
		             .body_length = strlen(form) };

	assert_true(form_decode(w->arena, query_text, strlen(query_text),
	                        &r.query_params, &r.query_count, NULL));
	assert_true(form_decode(w->arena, form, strlen(form), &r.form_params,
	                        &r.form_count, NULL));
	return outcome(w, &r);
}

static char *form_of(struct world *w, const char *xml)
{
	return arena_printf(
	    w->arena, "SAMLRequest=%s",
	    escape_string(w->arena, escape_url,
	                  base64_encode(w->arena, xml, strlen(xml))));
}

static const char *post(struct world *w, const char *xml)
{
	return post_form(w, "", form_of(w, xml));
}

static void expect(const char *name, const char *is, const char *wanted)
{
	if (!text_equal(is, wanted))
		fail_msg("%s: %s, not %s", name, is ? is : "a ticket",
		         wanted ? wanted : "a ticket");
}

/* ---- tests ---- */

#define POLICY(attributes) "<samlp:NameIDPolicy" attributes "/>"
#define CONTEXT(comparison, class)                                            \
	"<samlp:RequestedAuthnContext" comparison                             \
	"><saml:AuthnContextClassRef>" class "</saml:AuthnContextClassRef></" \
					     "samlp:RequestedAuthnContext>"
#define URL(u)   " AssertionConsumerServiceURL=\"" u "\""
#define INDEX(i) " AssertionConsumerServiceIndex=\"" i "\""

static const struct {
	const char *name, *attributes, *children;
	const char *wanted;
} rows[] = {
	{ "V21 no ACS", "", "", NULL },
	{ "V22 an index", INDEX("0"), "", NULL },
	{ "an address", URL(ACS), "", NULL },
	{ "the other address", URL(ACS "/other"), "", NULL },
	{ "POST asked for", " ProtocolBinding=\"" BINDING_URI_POST "\"", "",
	  NULL },
	{ "V23 unspecified", "", POLICY(" Format=\"" FORMAT_UNSPECIFIED "\""),
	  NULL },
	{ "V23 mail", "", POLICY(" Format=\"" FORMAT_MAIL "\""), NULL },
	{ "V23 transient", "",
	  POLICY(" AllowCreate=\"true\" Format=\"" FORMAT_TRANSIENT "\""),
	  NULL },
	{ "V24 extensions", "",
	  "<samlp:Extensions><e:x xmlns:e=\"urn:e\" id=\"q\"/>"
	  "</samlp:Extensions>",
	  NULL },
	{ "V37 scoping", "",
	  "<samlp:Scoping ProxyCount=\"0\"><samlp:IDPList>"
	  "<samlp:IDPEntry ProviderID=\"https://login.example/\"/>"
	  "</samlp:IDPList></samlp:Scoping>",
	  NULL },
	{ "V40 conditions", "", "<saml:Conditions/>", NULL },
	{ "S92 a provider with script",
	  " ProviderName=\"&lt;script&gt;alert(1)&lt;/script&gt;\"", "", NULL },
	/* S81, S82: ACS URLs are compared byte by byte; no fallback. */
	{ "S81 an unknown address", URL("https://evil.example/acs"), "",
	  "unknown-address" },
	{ "S82 another case", URL("https://SP.example/acs"), "",
	  "unknown-address" },
	{ "S82 a port", URL("https://sp.example:443/acs"), "",
	  "unknown-address" },
	{ "S82 a trailing slash", URL(ACS "/"), "", "unknown-address" },
	{ "S82 a query", URL(ACS "?x"), "", "unknown-address" },
	{ "S82 a fragment", URL(ACS "#"), "", "unknown-address" },
	{ "S82 two slashes", URL("https://sp.example//acs"), "",
	  "unknown-address" },
	{ "S82 a backslash", URL("https://sp.example\\acs"), "",
	  "unknown-address" },
	{ "S82 a user", URL("https://sp.example@evil.example/acs"), "",
	  "unknown-address" },
	{ "S82 dots", URL("https://sp.example/%2e%2e/acs"), "",
	  "unknown-address" },
	{ "S82 a letter of another script", URL("https://sp.ex\u0430mple/acs"),
	  "", "unknown-address" },
	{ "S82 a trailing space", URL(ACS " "), "", "unknown-address" },
	{ "S82 a number for a letter", URL("https://sp.ex&#97;mple/acs"), "",
	  NULL },
	{ "S82 nothing", URL(""), "", "unknown-address" },
	{ "S82 script", URL("javascript:alert(1)"), "", "unknown-address" },
	{ "an artifact's address", URL("https://sp.example/artifact"), "",
	  "unknown-address" },
	/* S83: ACS indexes */
	{ "S83 an unknown index", INDEX("3"), "", "unknown-address" },
	{ "S83 an artifact's index", INDEX("9"), "", "unknown-address" },
	{ "S83 too large", INDEX("65536"), "", "unknown-address" },
	{ "S83 below zero", INDEX("-1"), "", "unknown-address" },
	{ "S83 not a number", INDEX("0x0"), "", "unknown-address" },
	{ "S83 with an address", INDEX("7") URL(ACS), "", "unknown-address" },
	{ "another binding",
	  " ProtocolBinding=\"urn:oasis:names:tc:SAML:2.0:bindings:PAOS\"", "",
	  "bad-saml" },
	/* S90: ForceAuthn and IsPassive */
	{ "S90 both", " ForceAuthn=\"true\" IsPassive=\"true\"", "",
	  STATUS_NO_PASSIVE },
	{ "an invalid flag", " ForceAuthn=\"yes\"", "", "bad-saml" },
	/* S91: RequestedAuthnContext */
	{ "S91 a password", "", CONTEXT("", CLASS_PASSWORD), NULL },
	{ "S91 protected", "",
	  CONTEXT(" Comparison=\"exact\"", CLASS_PROTECTED), NULL },
	{ "S91 high", "", CONTEXT("", "idporten-loa-high"), NULL },
	{ "S91 at least substantial", "",
	  CONTEXT(" Comparison=\"minimum\"", "idporten-loa-substantial"),
	  NULL },
	{ "S91 better than high", "",
	  CONTEXT(" Comparison=\"better\"", "idporten-loa-high"),
	  STATUS_NO_CONTEXT },
	{ "S91 unknown", "", CONTEXT("", "urn:example:retina"),
	  STATUS_NO_CONTEXT },
	{ "S91 at most unknown", "",
	  CONTEXT(" Comparison=\"maximum\"", "urn:example:retina"),
	  STATUS_NO_CONTEXT },
	{ "S91 an unknown comparison", "",
	  CONTEXT(" Comparison=\"about\"", CLASS_PASSWORD), "bad-saml" },
	{ "S91 no class", "", "<samlp:RequestedAuthnContext/>",
	  STATUS_NO_CONTEXT },
	/* NameIDPolicy */
	{ "an unsupported format", "",
	  POLICY(
	      " Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:kerberos\""),
	  STATUS_BAD_POLICY },
	{ "a name for another service", "",
	  POLICY(" SPNameQualifier=\"https://other.example/\""),
	  STATUS_BAD_POLICY },
	{ "a name for itself", "", POLICY(" SPNameQualifier=\"" SP "\""),
	  NULL },
	{ "two policies", "", POLICY("") POLICY(""), "bad-saml" },
	{ "a subject without a name", "", "<saml:Subject/>", "bad-saml" },
	/* Checks of every message. */
	{ "a second Issuer", "", "<saml:Issuer>" SP "</saml:Issuer>",
	  "bad-saml" },
	{ "S16 an Assertion inside", "",
	  "<samlp:Extensions><saml:Assertion/></samlp:Extensions>",
	  "bad-saml" },
	{ "S66 an XInclude", "",
	  "<samlp:Extensions><xi:include "
	  "xmlns:xi=\"http://www.w3.org/2001/XInclude\" "
	  "href=\"file:///etc/passwd\"/></samlp:Extensions>",
	  NULL },
	{ "S67 a comment", "", "<!-- x -->", "bad-saml" },
	{ "S68 CDATA", "", "<samlp:Extensions><![CDATA[x]]></samlp:Extensions>",
	  "bad-saml" },
	{ "S69 an instruction", "", "<?php x ?>", "bad-saml" },
	{ "a signature in the wrong place", "",
	  "<samlp:Extensions><ds:Signature xmlns:ds=\"" NS_DS
	  "\"/></samlp:Extensions>",
	  "bad-saml" },
};

static void a_request_is_accepted_or_rejected(void **state)
{
	struct world w = world_open("");

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		char *xml =
		    message(w.arena, rows[i].attributes, rows[i].children);

		expect(rows[i].name, get(&w, query(&w, xml)), rows[i].wanted);
		expect(rows[i].name, post(&w, xml), rows[i].wanted);
	}
	arena_close(w.arena);
}

static const struct {
	const char *name, *from, *to;
	const char *wanted;
} changes[] = {
	{ "S15 a space after the ID", "ID=\"_1\"", "ID=\"_1 \"", "bad-saml" },
	{ "an ID that is no NCName", "ID=\"_1\"", "ID=\"1\"", "bad-saml" },
	{ "no ID", " ID=\"_1\"", "", "bad-saml" },
	{ "S14 another kind of ID", " ID=\"_1\"", " id=\"_1\"", "bad-saml" },
	{ "another version", "\"2.0\"", "\"1.1\"", "bad-saml" },
	{ "no Version", "Version=\"2.0\"", "", "bad-saml" },
	{ "another message", "samlp:AuthnRequest", "samlp:Response",
	  "bad-saml" },
	{ "another namespace", NS_PROTOCOL, "urn:example", "bad-saml" },
	{ "S89 another Destination", "/saml/sso", "/saml/sso2", "bad-saml" },
	{ "S89 another host", "login.example/saml", "login2.example/saml",
	  "bad-saml" },
	{ "S89 none, not signed",
	  "Destination=\"https://login.example/saml/sso\"", "", NULL },
	{ "no Issuer", "<saml:Issuer>" SP "</saml:Issuer>", "", "bad-saml" },
	{ "an empty Issuer", ">" SP "<", "><", "bad-saml" },
	{ "S92 a line break in it", SP "<", SP "&#10;x<", "bad-saml" },
	{ "S92 HTML in it", SP "<", "&lt;b&gt; x<", "bad-saml" },
	{ "blanks around it", ">" SP "<", ">\r\n  " SP "\t<", NULL },
	{ "an Issuer that is a person", "<saml:Issuer>",
	  "<saml:Issuer Format=\"" FORMAT_MAIL "\">", "bad-saml" },
	{ "V25 another prefix", "<saml:Issuer>" SP "</saml:Issuer>",
	  "<Issuer xmlns='" NS_ASSERTION "'>" SP "</Issuer>", NULL },
	{ "V26 a byte order mark", "<samlp:AuthnRequest",
	  "\xEF\xBB\xBF<samlp:AuthnRequest", NULL },
	{ "S64 a bomb", "<samlp:AuthnRequest",
	  "<!DOCTYPE x [<!ENTITY a \"aaaaaaaa\"><!ENTITY b \"&a;&a;&a;\">]>"
	  "<samlp:AuthnRequest",
	  "bad-saml" },
	{ "S62 a file", "<samlp:AuthnRequest",
	  "<!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>"
	  "<samlp:AuthnRequest",
	  "bad-saml" },
	{ "S63 a parameter entity", "<samlp:AuthnRequest",
	  "<!DOCTYPE x [<!ENTITY % a SYSTEM \"http://127.0.0.1:12500/\"> %a;]>"
	  "<samlp:AuthnRequest",
	  "bad-saml" },
	{ "S29 trailing bytes", "</samlp:AuthnRequest>",
	  "</samlp:AuthnRequest>x", "bad-saml" },
	{ "S29 two roots", "</samlp:AuthnRequest>", "</samlp:AuthnRequest><a/>",
	  "bad-saml" },
};

static void a_modified_request_is_checked_as_received(void **state)
{
	struct world w = world_open("");
	char *xml = message(w.arena, "", "");

	(void)state;
	for (size_t i = 0; i < LENGTH(changes); i++) {
		char *other =
		    made_other(w.arena, xml, changes[i].from, changes[i].to);

		if (strstr(other, "samlp:Response"))
			other =
			    made_other(w.arena, other, "</samlp:AuthnRequest>",
			               "</samlp:Response>");
		expect(changes[i].name, get(&w, query(&w, other)),
		       changes[i].wanted);
	}
	arena_close(w.arena);
}

static void the_issue_instant_must_be_recent(void **state)
{
	static const struct {
		const char *name;
		int64_t off;
		const char *wanted;
	} times[] = {
		{ "V30 two minutes ago", -120, NULL },
		{ "V30 in two minutes", 120, NULL },
		{ "S88 an hour ago", -3600, "bad-saml" },
		{ "S88 in an hour", 3600, "bad-saml" },
		{ "four minutes ago", -240, "bad-saml" },
	};
	static const char *const never[] = {
		"0000-01-01T00:00:00Z",
		"9999-12-31T23:59:59Z",
		"2026-06-30T23:59:60Z",
		"2026-01-01T24:00:00Z",
		"2026-01-01T10:00:00",
		"now",
		"",
		"2026-02-30T10:00:00Z",
	};
	struct world w = world_open("");
	const char *now = clock_format_iso(w.arena, clock_now());
	char *xml = message(w.arena, "", "");

	(void)state;
	for (size_t i = 0; i < LENGTH(times); i++) {
		const char *then =
		    clock_format_iso(w.arena, clock_now() + times[i].off);

		expect(times[i].name,
		       get(&w, query(&w, made_other(w.arena, xml, now, then))),
		       times[i].wanted);
	}
	for (size_t i = 0; i < LENGTH(never); i++)
		expect(
		    never[i],
		    get(&w, query(&w, made_other(w.arena, xml, now, never[i]))),
		    "bad-saml");
	arena_close(w.arena);
}

static void a_redirect_signature_covers_the_octets_as_sent(void **state)
{
	struct world w = world_open("AuthnRequestsSigned=\"true\"");
	char *xml = message(w.arena, "", "");

	(void)state;
	w.relay = "https://sp.example/p?a=1&b=2";
	char *good = signed_query(&w, w.key, xml);

	expect("signed", get(&w, good), NULL);
	assert_string_equal(js_string(w.result.txn.request, "relay"), w.relay);
	expect("S86 not signed", get(&w, query(&w, xml)), "bad-saml");
	expect("another's key", get(&w, signed_query(&w, w.strangers, xml)),
	       "bad-saml");
	const struct {
		const char *name, *from, *to;
	} rows_here[] = {
		{ "S84 SigAlg swapped", "rsa-sha256", "rsa-sha512" },
		{ "S84 SHA-1", "xmldsig-more%23rsa-sha256",
		  "xmldsig%23rsa-sha1" },
		{ "S84 no SigAlg", "&SigAlg=", "&Sig=" },
		{ "S84 no Signature", "&Signature=", "&Signatur=" },
		{ "S84 escapes in lower case", "%2F%2Fsp", "%2f%2fsp" },
		{ "S84 a name with an escape", "SAMLRequest", "%53AMLRequest" },
		{ "S85 another RelayState", "p%3Fa", "q%3Fa" },
		{ "S85 none", "&RelayState=", "&Relay=" },
		{ "S85 two", "&SigAlg", "&RelayState=x&SigAlg" },
		{ "S80 two requests", "&SigAlg", "&SAMLRequest=x&SigAlg" },
		{ "S80 a response beside it", "&SigAlg",
		  "&SAMLResponse=x&SigAlg" },
		{ "two signatures",
		  "&Signature=", "&Signature=AAAA&Signature=" },
		{ "another encoding", "&SigAlg",
		  "&SAMLEncoding=urn:example&SigAlg" },
	};
	for (size_t i = 0; i < LENGTH(rows_here); i++)
		expect(rows_here[i].name,
		       get(&w, made_other(w.arena, good, rows_here[i].from,
		                          rows_here[i].to)),
		       "bad-saml");
	/* A RelayState that the signature does not cover. */
	w.relay = NULL;
	expect("S85 added under a name with an escape",
	       get(&w, arena_printf(w.arena, "%s&%%52elayState=x",
	                            signed_query(&w, w.key, xml))),
	       "bad-saml");
	/* The signature does not depend on the order of the parameters. */
	const char *tail = strstr(good, "&SigAlg");

	expect("V27 another order",
	       get(&w, arena_printf(w.arena, "%s&%.*s", tail + 1,
	                            (int)(tail - good), good)),
	       NULL);
	expect("unknown elements",
	       get(&w, arena_printf(w.arena, "%s&utm=x", good)), NULL);
	expect("S89 no Destination when signed",
	       get(&w, signed_query(
			   &w, w.key,
			   made_other(
			       w.arena, xml,
			       "Destination=\"https://login.example/saml/sso\"",
			       ""))),
	       "bad-saml");
	arena_close(w.arena);
}

static void a_signature_that_is_present_must_be_valid(void **state)
{
	struct world w = world_open("");
	char *xml = message(w.arena, "", "");

	(void)state;
	expect("good", get(&w, signed_query(&w, w.key, xml)), NULL);
	expect("another's", get(&w, signed_query(&w, w.strangers, xml)),
	       "bad-saml");
	/* S56: a key for encryption must not verify signatures. */
	read_partner(&w, "", "use=\"encryption\"");
	expect("S56 by a key for encryption",
	       get(&w, signed_query(&w, w.key, xml)), "bad-saml");
	expect("not signed", get(&w, query(&w, xml)), NULL);
	/* S57: a key without use verifies; so does use="signing". */
	read_partner(&w, "", "use=\"signing\"");
	expect("by a key for signing", get(&w, signed_query(&w, w.key, xml)),
	       NULL);
	arena_close(w.arena);
}

static void a_post_signature_covers_the_whole_request(void **state)
{
	struct world w = world_open("AuthnRequestsSigned=\"true\"");
	char *xml = message(w.arena, URL(ACS), MADE_USUAL);
	char *good = made_signed(w.arena, w.key, xml);

	(void)state;
	expect("signed", post(&w, good), NULL);
	expect("not signed", post(&w, message(w.arena, "", "")), "bad-saml");
	expect("another's", post(&w, made_signed(w.arena, w.strangers, xml)),
	       "bad-saml");
	expect("changed",
	       post(&w, made_other(w.arena, good, ACS "\"", ACS "/other\"")),
	       "bad-saml");
	expect("signed in a Redirect", get(&w, query(&w, good)), "bad-saml");
	expect("signed twice in a Redirect",
	       get(&w, signed_query(&w, w.key, good)), "bad-saml");
	arena_close(w.arena);
}

static void an_ambiguous_binding_is_rejected(void **state)
{
	struct world w = world_open("");
	char *xml = message(w.arena, "", "");
	char *form = form_of(&w, xml);
	const char *raw = base64_encode(w.arena, xml, strlen(xml));

	(void)state;
	expect("posted", post_form(&w, "", form), NULL);
	expect("S80 in form and query", post_form(&w, query(&w, xml), form),
	       "bad-saml");
	expect("S80 in the query of a POST",
	       post_form(&w, query(&w, xml), "x=y"), "bad-saml");
	expect("nothing", get(&w, ""), "bad-saml");
	expect("nothing posted", post_form(&w, "", ""), "bad-saml");
	expect("a response",
	       get(&w, made_other(w.arena, query(&w, xml), "SAMLRequest",
	                          "SAMLResponse")),
	       "bad-saml");
	expect("not inflated",
	       get(&w, arena_printf(w.arena, "SAMLRequest=%s",
	                            escape_string(w.arena, escape_url, raw))),
	       "bad-saml");
	const struct {
		const char *name, *text, *wanted;
	} rows_here[] = {
		{ "S77 line breaks",
		  arena_printf(w.arena, "%.60s%%0D%%0A%s", raw, raw + 60),
		  NULL },
		{ "S77 a blank",
		  arena_printf(w.arena, "%.60s%%20%s", raw, raw + 60),
		  "bad-saml" },
		{ "S77 junk behind", arena_printf(w.arena, "%s%%3DA", raw),
		  "bad-saml" },
		{ "S77 a letter of the other alphabet",
		  arena_printf(w.arena, "%.60s-%s", raw, raw + 61),
		  "bad-saml" },
		{ "S77 empty", "", "bad-saml" },
	};
	for (size_t i = 0; i < LENGTH(rows_here); i++) {
		struct strbuf t = strbuf_init(w.arena);

		/* '+' is a space in a form. */
		for (const char *c = rows_here[i].text; *c; c++) {
			if (*c == '+')
				strbuf_append(&t, "%2B");
			else
				strbuf_append_bytes(&t, c, 1);
		}
		expect(
		    rows_here[i].name,
		    post_form(&w, "",
		              arena_printf(w.arena, "SAMLRequest=%s", t.data)),
		    rows_here[i].wanted);
	}
	arena_close(w.arena);
}

static void a_relay_state_has_1024_bytes_and_no_control_characters(void **state)
{
	static const char *const strange[] = { "a\rb", "a\nb", "\t", "a\x7f",
		                               "\x01" };
	struct world w = world_open("");
	char *xml = message(w.arena, "", "");
	char *most = arena_alloc(w.arena, 1026);

	(void)state;
	memset(most, 'x', 1025);
	w.relay = "";
	expect("V28 empty", get(&w, query(&w, xml)), NULL);
	w.relay = most + 1;
	expect("1,024 bytes", get(&w, query(&w, xml)), NULL);
	w.relay = most;
	expect("S85 1,025 bytes", get(&w, query(&w, xml)), "bad-saml");
	for (size_t i = 0; i < LENGTH(strange); i++) {
		w.relay = strange[i];
		expect("a control character", get(&w, query(&w, xml)),
		       "bad-saml");
	}
	arena_close(w.arena);
}

static void large_messages_are_rejected(void **state)
{
	struct world w = world_open("");
	struct strbuf large = strbuf_init(w.arena);
	char *megabytes = arena_alloc(w.arena, 4 * 1024 * 1024);

	(void)state;
	for (int i = 0; i < 1200; i++)
		strbuf_append(&large, "<x>0123456789</x>");
	char *xml = message(
	    w.arena, "",
	    arena_printf(w.arena, "<samlp:Extensions>%s</samlp:Extensions>",
	                 large.data));

	expect("over 16 KiB", post(&w, xml), "bad-saml");
	memset(megabytes, 'a', 4 * 1024 * 1024 - 1);
	expect("S75 a bomb", get(&w, query(&w, megabytes)), "bad-saml");
	expect(
	    "S92 an Issuer of 10 kB",
	    post(&w, made_other(w.arena, message(w.arena, "", ""), SP "<",
	                        arena_printf(w.arena, "%.10000s<", megabytes))),
	    "bad-saml");
	arena_close(w.arena);
}

static void the_transaction_has_the_requested_values(void **state)
{
	struct world w = world_open("");

	(void)state;
	w.relay = "back";
	expect(
	    "all of it",
	    get(&w,
	        query(&w, message(w.arena, " ForceAuthn=\"1\"" INDEX("0"),
	                          "<saml:Subject><saml:NameID>x</saml:NameID>"
	                          "</saml:Subject>" POLICY(
				      " Format=\"" FORMAT_TRANSIENT "\"")
	                              CONTEXT("", "idporten-loa-high")))),
	    NULL);
	const struct auth_txn *txn = &w.result.txn;

	assert_string_equal(txn->protocol, "saml");
	assert_ptr_equal(txn->service, &w.service);
	assert_true(txn->force_authn);
	assert_false(txn->is_passive);
	assert_int_equal(txn->max_age, -1);
	assert_string_equal(txn->acr, "idporten-loa-high");
	assert_string_equal(js_string(txn->request, "id"), "_1");
	assert_string_equal(js_string(txn->request, "acs"), ACS "/other");
	assert_string_equal(js_string(txn->request, "relay"), "back");
	assert_string_equal(js_string(txn->request, "format"),
	                    FORMAT_TRANSIENT);
	assert_string_equal(js_string(txn->request, "subject"), "x");
	expect("default",
	       get(&w, query(&w, message(w.arena, " IsPassive=\"true\"", ""))),
	       NULL);
	assert_true(w.result.txn.is_passive);
	assert_null(w.result.txn.acr);
	assert_string_equal(js_string(w.result.txn.request, "acs"), ACS);
	assert_string_equal(js_string(w.result.txn.request, "format"),
	                    FORMAT_PERSISTENT);
	arena_close(w.arena);
}

static void an_email_name_id_requires_the_mail_attribute(void **state)
{
	struct world w = world_open("");

	(void)state;
	w.service.attributes = receives_no_mail;
	expect(
	    "mail",
	    get(&w, query(&w, message(w.arena, "",
	                              POLICY(" Format=\"" FORMAT_MAIL "\"")))),
	    STATUS_BAD_POLICY);
	arena_close(w.arena);
}

TESTS(a_request_is_accepted_or_rejected,
      a_modified_request_is_checked_as_received,
      the_issue_instant_must_be_recent,
      a_redirect_signature_covers_the_octets_as_sent,
      a_signature_that_is_present_must_be_valid,
      a_post_signature_covers_the_whole_request,
      an_ambiguous_binding_is_rejected,
      a_relay_state_has_1024_bytes_and_no_control_characters,
      large_messages_are_rejected, the_transaction_has_the_requested_values,
      an_email_name_id_requires_the_mail_attribute)

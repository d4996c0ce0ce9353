/* SPDX-License-Identifier: AGPL-3.0-or-later
 * The written XML is canonical: libxml2's canonicalization changes no byte, and
 * xmlsec verifies it after signing. */
#include "tests/unit/test.h"

#include "idp/saml/canonical_xml_writer.h"

#include "tests/unit/idp/saml/made.h"

#include <libxml/c14n.h>

#include "lib/clock.h"
#include "lib/xml.h"

#define SP "https://sp.example/metadata?a=1&b=\"2\""

static const struct issuer issuer = {
	.name = "region",
	.url = "https://login.example",
	.entity_id = "https://login.example/saml/metadata",
};
static const struct attribute name_attribute = {
	.name = "name",
	.saml_name = "urn:oid:2.16.840.1.113730.3.1.241",
	.saml_friendly_name = "displayName",
};
static const struct attribute unit_attribute = {
	.name = "unit",
	.saml_name = "urn:oid:2.5.4.11",
	.saml_friendly_name = "ou",
};
static const struct saml_status success = { STATUS_SUCCESS, NULL };
static const struct saml_status passive = { STATUS_RESPONDER,
	                                    STATUS_NO_PASSIVE };
/* All characters special in XML, and one that XML cannot contain. */
static char odd_name[] = "Åse \"Ødegård\" & <Sønn>\r\n\t'x' ]]>";
static char control[] = "bell\x07";
static char school[] = "Notodden barne- og ungdomsskole";
static char *names[] = { odd_name, NULL };
static char *units[] = { school, control, odd_name, NULL };
static char *nothing[] = { control, NULL };

static struct assertion_data assertion_with(
    const struct assertion_attribute *list, size_t count, const char *format)
{
	return (struct assertion_data){
		.issuer = &issuer,
		.id = "_a",
		.audience = SP,
		.acs = "https://sp.example/acs?x=1&y=2",
		.in_response_to = "_request",
		.name = { .format = format, .value = "ola@kongsberg.example" },
		.authn_class_ref = CLASS_PROTECTED,
		.session_index = "_index",
		.now = 1795993500,
		.auth_time = 1795993400,
		.attributes = list,
		.attribute_count = count,
	};
}

static char *canonical(struct arena *a, const char *xml)
{
	xmlDocPtr doc = xmlReadMemory(xml, (int)strlen(xml), NULL, "UTF-8", 0);
	xmlChar *bytes = NULL;

	assert_non_null(doc);
	int length = xmlC14NDocDumpMemory(doc, NULL, XML_C14N_EXCLUSIVE_1_0,
	                                  NULL, 0, &bytes);

	assert_true(length > 0);
	char *text = arena_memdup(a, bytes, (size_t)length);

	xmlFree(bytes);
	xmlFreeDoc(doc);
	return text;
}

static const struct assertion_attribute both[] = { { &name_attribute, names },
	                                           { &unit_attribute, units } };
static const struct assertion_attribute none[] = { { &unit_attribute,
	                                             nothing } };

static void canonicalization_changes_no_byte(void **state)
{
	static const char *const formats[] = { FORMAT_PERSISTENT,
		                               FORMAT_TRANSIENT, FORMAT_MAIL };
	struct arena *a = arena_open();

	(void)state;
	for (size_t i = 0; i < LENGTH(formats); i++) {
		struct assertion_data s =
		    assertion_with(both, LENGTH(both), formats[i]);
		struct xml_fragment p = saml_write_assertion(a, &s);
		const char *assertion = saml_write_fragment(a, &p, NULL);

		assert_string_equal(canonical(a, assertion), assertion);
		p = saml_write_response(a, &issuer, s.acs, "_request", s.now,
		                        &success, assertion);
		assert_string_equal(
		    canonical(a, saml_write_fragment(a, &p, NULL)),
		    saml_write_fragment(a, &p, NULL));
		p = saml_write_response(a, &issuer, s.acs, NULL, s.now,
		                        &passive, NULL);
		assert_string_equal(
		    canonical(a, saml_write_fragment(a, &p, NULL)),
		    saml_write_fragment(a, &p, NULL));
		const char *out = saml_write_logout_request(
		    a, &issuer, "_1", s.acs, s.now, SP, &s.name, "_i");

		assert_string_equal(canonical(a, out), out);
		out = saml_write_logout_response(a, &issuer, s.acs, "_1", s.now,
		                                 &passive);
		assert_string_equal(canonical(a, out), out);
	}
	arena_close(a);
}

static const struct xml *read_back(struct arena *a, const char *xml)
{
	const struct xml *root = NULL;

	assert_true(
	    xml_parse(a, xml, strlen(xml), 65536, XML_MESSAGE, &root, NULL));
	return root;
}

static void an_assertion_has_the_expected_values(void **state)
{
	struct arena *a = arena_open();
	struct assertion_data s =
	    assertion_with(both, LENGTH(both), FORMAT_PERSISTENT);
	struct xml_fragment p = saml_write_assertion(a, &s);
	const struct xml *root = read_back(a, saml_write_fragment(a, &p, NULL));
	const struct xml *subject = xml_child(root, NS_ASSERTION, "Subject");
	const struct xml *name = xml_child(subject, NS_ASSERTION, "NameID");
	const struct xml *data = xml_first_child(
	    xml_child(subject, NS_ASSERTION, "SubjectConfirmation"));
	const struct xml *conditions =
	    xml_child(root, NS_ASSERTION, "Conditions");
	const struct xml *login =
	    xml_child(root, NS_ASSERTION, "AuthnStatement");

	(void)state;
	assert_true(text_ends(p.head, "</saml:Issuer>"));
	assert_string_equal(xml_text(a, name), "ola@kongsberg.example");
	assert_string_equal(xml_attribute(a, name, "SPNameQualifier"), SP);
	assert_string_equal(xml_attribute(a, data, "InResponseTo"), "_request");
	assert_string_equal(xml_attribute(a, data, "Recipient"), s.acs);
	assert_string_equal(xml_attribute(a, data, "NotOnOrAfter"),
	                    "2026-11-29T23:10:00Z");
	assert_string_equal(xml_attribute(a, conditions, "NotOnOrAfter"),
	                    "2026-11-29T23:10:00Z");
	assert_string_equal(xml_attribute(a, conditions, "NotBefore"),
	                    "2026-11-29T23:04:30Z");
	assert_string_equal(xml_text(a, conditions), SP);
	assert_string_equal(xml_attribute(a, login, "AuthnInstant"),
	                    "2026-11-29T23:03:20Z");
	assert_string_equal(xml_attribute(a, login, "SessionIndex"), "_index");
	assert_string_equal(xml_text(a, login), CLASS_PROTECTED);
	arena_close(a);
}

static void attributes_have_uri_names_and_complete_values(void **state)
{
	struct arena *a = arena_open();
	struct assertion_data s =
	    assertion_with(both, LENGTH(both), FORMAT_MAIL);
	struct xml_fragment p = saml_write_assertion(a, &s);
	const struct xml *root = read_back(a, saml_write_fragment(a, &p, NULL));
	const struct xml *statement =
	    xml_child(root, NS_ASSERTION, "AttributeStatement");
	const struct xml *first = xml_first_child(statement);
	const struct xml *second = xml_next_sibling(first);

	(void)state;
	assert_string_equal(xml_attribute(a, first, "Name"),
	                    name_attribute.saml_name);
	assert_string_equal(xml_attribute(a, first, "FriendlyName"),
	                    "displayName");
	assert_string_equal(xml_attribute(a, first, "NameFormat"),
	                    ATTRNAME_URI);
	assert_string_equal(xml_text(a, first), odd_name);
	/* One element per value, except values invalid in XML. */
	assert_int_equal(xml_count(second, NS_ASSERTION, "AttributeValue"), 2);
	assert_string_equal(xml_text(a, xml_first_child(second)), school);
	assert_null(xml_next_sibling(second));
	/* An e-mail address has no NameQualifier. */
	assert_null(
	    xml_attribute(a,
	                  xml_child(xml_child(root, NS_ASSERTION, "Subject"),
	                            NS_ASSERTION, "NameID"),
	                  "NameQualifier"));
	arena_close(a);
}

static void an_empty_attribute_statement_is_omitted(void **state)
{
	struct arena *a = arena_open();
	struct assertion_data s =
	    assertion_with(none, LENGTH(none), FORMAT_TRANSIENT);
	struct xml_fragment p = saml_write_assertion(a, &s);

	(void)state;
	assert_null(
	    strstr(saml_write_fragment(a, &p, NULL), "AttributeStatement"));
	arena_close(a);
}

/* As the signer: first the Assertion, then the Response around it. */
static void both_signatures_verify(void **state)
{
	struct arena *a = arena_open();
	EVP_PKEY *key = made_rsa(a, 2048, 65537);
	struct assertion_data s =
	    assertion_with(both, LENGTH(both), FORMAT_PERSISTENT);
	struct xml_fragment p = saml_write_assertion(a, &s);
	struct verify_key *mine;

	(void)state;
	const char *signature = made_other(a, MADE_USUAL, "#_1", "#_a");
	const char *assertion = made_signed(
	    a, key, arena_printf(a, "%s%s%s", p.head, signature, p.tail));

	assertion = strchr(assertion, '\n') + 1; /* the declaration */
	p = saml_write_response(a, &issuer, s.acs, "_request", s.now, &success,
	                        assertion);
	const struct xml *root = read_back(a, saml_write_fragment(a, &p, NULL));

	signature =
	    made_other(a, MADE_USUAL, "#_1",
	               arena_printf(a, "#%s", xml_attribute(a, root, "ID")));
	root = read_back(a, made_signed(a, key,
	                                arena_printf(a, "%s%s%s", p.head,
	                                             signature, p.tail)));
	assert_true(verify_key_from_certificate(a, made_certificate(a, key),
	                                        &mine, NULL));
	assert_true(signature_verify_enveloped(a, root, &mine, 1, NULL));
	assert_true(signature_verify_enveloped(
	    a, xml_child(root, NS_ASSERTION, "Assertion"), &mine, 1, NULL));
	arena_close(a);
}

static void a_second_level_status_code_is_nested(void **state)
{
	struct arena *a = arena_open();
	struct xml_fragment p =
	    saml_write_response(a, &issuer, "https://sp.example/acs", "_r",
	                        1795993500, &passive, NULL);
	const struct xml *root = read_back(a, saml_write_fragment(a, &p, NULL));
	const struct xml *code =
	    xml_first_child(xml_child(root, NS_PROTOCOL, "Status"));

	(void)state;
	assert_string_equal(xml_attribute(a, code, "Value"), STATUS_RESPONDER);
	assert_string_equal(xml_attribute(a, xml_first_child(code), "Value"),
	                    STATUS_NO_PASSIVE);
	assert_null(xml_child(root, NS_ASSERTION, "Assertion"));
	arena_close(a);
}

TESTS(canonicalization_changes_no_byte, an_assertion_has_the_expected_values,
      attributes_have_uri_names_and_complete_values,
      an_empty_attribute_statement_is_omitted, both_signatures_verify,
      a_second_level_status_code_is_nested)

/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include "idp/saml/idp_metadata.h"
#include "idp/saml/sp_metadata.h"
#include "tests/unit/idp/saml/made.h"

#define POST            "Binding=\"" BINDING_URI_POST "\""
#define REDIRECT        "Binding=\"" BINDING_URI_REDIRECT "\""
#define ACS(attributes) "<m:AssertionConsumerService " POST " " attributes "/>"
#define GOOD_ACS        ACS("index=\"1\" Location=\"https://sp.example/acs\"")

static char *metadata(struct arena *a, const char *attributes,
                      const char *inside)
{
	return arena_printf(
	    a,
	    "<?xml version=\"1.0\"?>\n<!-- made by hand -->\n"
	    "<m:EntityDescriptor xmlns:m=\"" NS_METADATA "\" xmlns:ds=\"" NS_DS
	    "\" entityID=\"https://sp.example/\">"
	    "<m:IDPSSODescriptor protocolSupportEnumeration=\"x\"/>"
	    "<m:SPSSODescriptor protocolSupportEnumeration=\"urn:old\">"
	    "<m:Extensions/></m:SPSSODescriptor>"
	    "<m:SPSSODescriptor "
	    "protocolSupportEnumeration=\"urn:old " NS_PROTOCOL
	    "\" %s>%s</m:SPSSODescriptor></m:EntityDescriptor>",
	    attributes, inside);
}

static bool reads(struct arena *a, const char *xml, struct sp_metadata *p)
{
	return sp_metadata_parse(a, xml, strlen(xml), p, NULL);
}

static const struct {
	const char *inside;
	bool good;
} rows[] = {
	{ GOOD_ACS, true },
	{ "", false },
	{ "<m:AssertionConsumerService Binding=\"urn:x\" "
	  "Location=\"https://sp.example/acs\" index=\"1\"/>",
	  false },
	{ ACS("index=\"1\" Location=\"http://sp.example/acs\""), false },
	{ ACS("index=\"1\" Location=\"javascript:alert(1)\""), false },
	{ ACS("index=\"1\" Location=\"data:text/html,x\""), false },
	{ ACS("index=\"1\" Location=\"https://\""), false },
	{ ACS("index=\"1\" Location=\"https://sp.example/a b\""), false },
	{ ACS("index=\"1\" Location=\"https://sp.example/a#b\""), false },
	{ ACS("index=\"1\""), false },
	{ ACS("index=\"x\" Location=\"https://sp.example/acs\""), false },
	{ ACS("index=\"-1\" Location=\"https://sp.example/acs\""), false },
	{ ACS("Location=\"https://sp.example/acs\""), true },
	{ GOOD_ACS "<m:SingleLogoutService " REDIRECT
	           " Location=\"https://sp.example/slo\"/>",
	  true },
	{ GOOD_ACS "<m:SingleLogoutService " REDIRECT
	           " Location=\"http://sp.example/slo\"/>",
	  false },
	{ GOOD_ACS "<m:SingleLogoutService " POST
	           " Location=\"http://sp.example/slo\"/>",
	  true },
	{ GOOD_ACS "<m:KeyDescriptor/>", false },
	{ GOOD_ACS "<m:KeyDescriptor use=\"encryption\"/>", true },
	{ GOOD_ACS "<m:KeyDescriptor><ds:KeyInfo><ds:X509Data>"
	           "<ds:X509Certificate>AAAA</ds:X509Certificate>"
	           "</ds:X509Data></ds:KeyInfo></m:KeyDescriptor>",
	  false },
};

static void unusable_metadata_is_rejected(void **state)
{
	struct arena *a = arena_open();
	struct sp_metadata p;

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++)
		if (reads(a, metadata(a, "", rows[i].inside), &p) !=
		    rows[i].good)
			fail_msg("row %zu: %s", i, rows[i].inside);
	assert_false(reads(
	    a, metadata(a, "AuthnRequestsSigned=\"true\"", GOOD_ACS), &p));
	assert_false(reads(a, "", &p));
	assert_false(reads(a, "<m:x xmlns:m=\"" NS_METADATA "\"/>", &p));
	assert_false(
	    reads(a,
	          arena_printf(a, "<!DOCTYPE x>%s",
	                       strstr(metadata(a, "", GOOD_ACS), "<m:Entity")),
	          &p));
	arena_close(a);
}

static void metadata_values_are_read(void **state)
{
	struct arena *a = arena_open();
	EVP_PKEY *one = made_rsa(a, 2048, 65537);
	EVP_PKEY *two = made_ec(a, "P-256");
	struct sp_metadata p;

	(void)state;
	struct strbuf inside = strbuf_init(a);

	strbuf_appendf(
	    &inside,
	    "<m:KeyDescriptor use=\"signing\"><ds:KeyInfo><ds:X509Data>"
	    "<ds:X509Certificate>\n %s </ds:X509Certificate>"
	    "</ds:X509Data></ds:KeyInfo></m:KeyDescriptor>"
	    "<m:KeyDescriptor><ds:KeyInfo><ds:X509Data>"
	    "<ds:X509Certificate>%s</ds:X509Certificate>"
	    "</ds:X509Data></ds:KeyInfo></m:KeyDescriptor>",
	    made_certificate(a, one), made_certificate(a, two));
	strbuf_append(&inside, "<m:SingleLogoutService " REDIRECT
	                       " Location=\"https://sp.example/slo\" "
	                       "ResponseLocation=\"https://sp.example/done\"/>"
	                       "<m:NameIDFormat> " FORMAT_TRANSIENT
	                       "\n</m:NameIDFormat>" GOOD_ACS);
	assert_true(reads(a,
	                  metadata(a,
	                           "AuthnRequestsSigned=\"1\" "
	                           "WantAssertionsSigned=\"false\"",
	                           inside.data),
	                  &p));
	assert_string_equal(p.entity_id, "https://sp.example/");
	assert_int_equal(p.key_count, 2);
	assert_true(p.authn_requests_signed);
	assert_true(p.response_signature_only);
	assert_string_equal(p.slo_url, "https://sp.example/slo");
	assert_string_equal(p.slo_response_url, "https://sp.example/done");
	assert_string_equal(p.nameid_formats[0], FORMAT_TRANSIENT);
	assert_null(p.nameid_formats[1]);
	assert_true(reads(a, metadata(a, "", GOOD_ACS), &p));
	assert_false(p.authn_requests_signed);
	/* Both are signed unless WantAssertionsSigned="false" is present. */
	assert_false(p.response_signature_only);
	assert_null(p.slo_url);
	arena_close(a);
}

#define AT(index, more)                                                \
	ACS("index=\"" index "\" Location=\"https://sp.example/" index \
	    "\" " more)
#define NO  "isDefault=\"false\""
#define YES "isDefault=\"true\""

static void the_default_acs_follows_the_standard(void **state)
{
	static const struct {
		const char *inside, *wanted;
	} ways[] = {
		{ AT("1", "") AT("2", YES), "https://sp.example/2" },
		{ AT("1", NO) AT("2", ""), "https://sp.example/2" },
		{ AT("1", "") AT("2", ""), "https://sp.example/1" },
		{ AT("1", NO) AT("2", NO), "https://sp.example/1" },
	};
	struct arena *a = arena_open();
	struct sp_metadata p;

	(void)state;
	for (size_t i = 0; i < LENGTH(ways); i++) {
		assert_true(reads(a, metadata(a, "", ways[i].inside), &p));
		assert_string_equal(sp_metadata_default_acs(&p),
		                    ways[i].wanted);
	}
	assert_string_equal(sp_metadata_acs_by_index(&p, 2),
	                    "https://sp.example/2");
	assert_null(sp_metadata_acs_by_index(&p, 3));
	assert_null(sp_metadata_acs_by_index(&p, -1));
	assert_true(sp_metadata_has_acs(&p, "https://sp.example/1"));
	assert_false(sp_metadata_has_acs(&p, "https://sp.example/1/"));
	arena_close(a);
}

static void idp_metadata_is_valid(void **state)
{
	static const struct municipality owner = {
		.name = "notodden",
		.display = "Notodden <kommune> & co",
		.contact = "Servicetorget, hjelp@notodden.example",
	};
	static const struct issuer issuer = {
		.name = "notodden",
		.url = "https://notodden.example:8443",
		.entity_id = "https://notodden.example:8443/saml/metadata",
		.owner = &owner,
	};
	static const struct config cfg = { .display = "Region" };
	struct arena *a = arena_open();
	EVP_PKEY *key = made_rsa(a, 2048, 65537);
	char *certificates[] = { made_certificate(a, key),
		                 made_certificate(a, key) };
	const struct xml *root;
	struct verify_key *read;

	(void)state;
	char *text = idp_metadata_build(a, &cfg, &issuer, certificates, 2);

	assert_true(
	    xml_parse(a, text, strlen(text), 65536, XML_MESSAGE, &root, NULL));
	const struct xml *role =
	    xml_child(root, NS_METADATA, "IDPSSODescriptor");
	const struct xml *sso =
	    xml_child(role, NS_METADATA, "SingleSignOnService");

	assert_string_equal(xml_attribute(a, root, "entityID"),
	                    issuer.entity_id);
	assert_int_equal(xml_count(role, NS_METADATA, "KeyDescriptor"), 2);
	assert_int_equal(xml_count_all(role, NS_MDUI, "DisplayName"), 3);
	assert_non_null(strstr(text, ">Notodden &lt;kommune&gt; &amp; co<"));
	assert_string_equal(xml_attribute(a, sso, "Location"),
	                    "https://notodden.example:8443/saml/sso");
	assert_string_equal(
	    xml_attribute(a, xml_next_same_name(sso), "Binding"),
	    BINDING_URI_POST);
	assert_string_equal(
	    xml_attribute(a,
	                  xml_child(role, NS_METADATA, "SingleLogoutService"),
	                  "Location"),
	    "https://notodden.example:8443/saml/slo");
	assert_string_equal(
	    xml_text_trimmed(a, xml_child(root, NS_METADATA, "ContactPerson")),
	    "mailto:hjelp@notodden.example");
	assert_true(verify_key_from_certificate(
	    a,
	    xml_text_trimmed(a, xml_child(role, NS_METADATA, "KeyDescriptor")),
	    &read, NULL));
	arena_close(a);
}

TESTS(unusable_metadata_is_rejected, metadata_values_are_read,
      the_default_acs_follows_the_standard, idp_metadata_is_valid)

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * Every document here has a valid signature by unrestricted xmlsec; the tests
 * check which of them signature_verify.c accepts. */
#include "tests/unit/test.h"

#include <stdio.h>
#include <time.h>

#include "idp/saml/signature_verify.h"
#include "tests/unit/idp/saml/made.h"

#define BEFORE                                                          \
	"<p:Message xmlns:p=\"urn:example\" ID=\"_1\" Version=\"2.0\">" \
	"<p:Issuer>https://sp.example/</p:Issuer>"
#define AFTER                                    \
	"<p:Name>ola@kongsberg.example</p:Name>" \
	"<p:Part ID=\"_2\">part</p:Part></p:Message>"

#define ONE MADE_REFERENCE(" URI=\"#_1\"", MADE_USUAL_TRANSFORMS, DIGEST_SHA256)
#define WITH_REFERENCE(reference) \
	MADE_SIGNATURE(C14N_EXCLUSIVE, MADE_RSA_SHA256, reference, "")
#define WITH_TRANSFORMS(transforms) \
	WITH_REFERENCE(             \
	    MADE_REFERENCE(" URI=\"#_1\"", transforms, DIGEST_SHA256))
#define WITH_METHOD(method)            \
	MADE_SIGNATURE(C14N_EXCLUSIVE, \
	               MADE_ALGORITHM("SignatureMethod", method), ONE, "")
#define C14N_INCLUSIVE "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"

static const struct {
	const char *name, *signature;
	bool good;
} rows[] = {
	{ "as it should be", MADE_USUAL, true },
	{ "RSA with SHA-512", WITH_METHOD(SIG_RSA_SHA512), true },
	{ "digest SHA-512",
	  WITH_REFERENCE(MADE_REFERENCE(" URI=\"#_1\"", MADE_USUAL_TRANSFORMS,
	                                DIGEST_SHA512)),
	  true },
	{ "a short PrefixList",
	  WITH_TRANSFORMS(MADE_TRANSFORM(
	      SIG_ENVELOPED) "<ds:Transform Algorithm=\"" C14N_EXCLUSIVE
	                     "\"><ec:InclusiveNamespaces "
	                     "xmlns:ec=\"" C14N_EXCLUSIVE
	                     "\" PrefixList=\"p xs\"/></ds:Transform>"),
	  true },
	{ "empty KeyInfo",
	  MADE_SIGNATURE(C14N_EXCLUSIVE, MADE_RSA_SHA256, ONE,
	                 "<ds:KeyInfo><ds:KeyName>x</ds:KeyName></ds:KeyInfo>"),
	  true },
	{ "S35 no URI",
	  WITH_REFERENCE(
	      MADE_REFERENCE("", MADE_USUAL_TRANSFORMS, DIGEST_SHA256)),
	  false },
	{ "S36 the whole document",
	  WITH_REFERENCE(MADE_REFERENCE(" URI=\"\"", MADE_USUAL_TRANSFORMS,
	                                DIGEST_SHA256)),
	  false },
	{ "S37 a file",
	  WITH_REFERENCE(
	      "<ds:Reference URI=\"file:///etc/hostname\">" MADE_ALGORITHM(
		  "DigestMethod",
		  DIGEST_SHA256) "<ds:DigestValue></ds:DigestValue></"
				 "ds:Reference>"),
	  false },
	{ "S39 an xpointer",
	  WITH_REFERENCE(MADE_REFERENCE(" URI=\"#xpointer(id('_1'))\"",
	                                MADE_USUAL_TRANSFORMS, DIGEST_SHA256)),
	  false },
	{ "S39 an xpointer to the root",
	  WITH_REFERENCE(MADE_REFERENCE(" URI=\"#xpointer(/)\"",
	                                MADE_USUAL_TRANSFORMS, DIGEST_SHA256)),
	  false },
	{ "S17 another element",
	  WITH_REFERENCE(MADE_REFERENCE(
	      " URI=\"#_2\"", MADE_TRANSFORM(C14N_EXCLUSIVE), DIGEST_SHA256)),
	  false },
	{ "S17 another element, the usual transforms",
	  WITH_REFERENCE(MADE_REFERENCE(" URI=\"#_2\"", MADE_USUAL_TRANSFORMS,
	                                DIGEST_SHA256)),
	  false },
	{ "S40 XSLT that makes a constant",
	  WITH_TRANSFORMS(MADE_TRANSFORM(
	      SIG_ENVELOPED) "<ds:Transform "
	                     "Algorithm=\"http://www.w3.org/TR/1999/"
	                     "REC-xslt-19991116\">"
	                     "<xsl:stylesheet version=\"1.0\" "
	                     "xmlns:xsl=\"http://www.w3.org/1999/"
	                     "XSL/Transform\"><xsl:template "
	                     "match=\"/\"><a/></xsl:template>"
	                     "</xsl:stylesheet></ds:Transform>"),
	  false },
	{ "S41 XPath that leaves the name out",
	  WITH_TRANSFORMS(MADE_TRANSFORM(
	      SIG_ENVELOPED) "<ds:Transform "
	                     "Algorithm=\"http://www.w3.org/TR/1999/"
	                     "REC-xpath-19991116\">"
	                     "<ds:XPath>not(ancestor-or-self::*[local-name()='"
	                     "Name'])</ds:XPath>"
	                     "</ds:Transform>" MADE_TRANSFORM(C14N_EXCLUSIVE)),
	  false },
	{ "S42 enveloped twice",
	  WITH_TRANSFORMS(MADE_TRANSFORM(SIG_ENVELOPED)
	                      MADE_TRANSFORM(SIG_ENVELOPED)),
	  false },
	{ "S42 XPath Filter 2",
	  WITH_TRANSFORMS(MADE_TRANSFORM(
	      SIG_ENVELOPED) "<ds:Transform "
	                     "Algorithm=\"http://www.w3.org/2002/06/"
	                     "xmldsig-filter2\">"
	                     "<f:XPath "
	                     "xmlns:f=\"http://www.w3.org/2002/06/"
	                     "xmldsig-filter2\""
	                     " Filter=\"subtract\">//*[local-name()='Name']</"
	                     "f:XPath>"
	                     "</ds:Transform>" MADE_TRANSFORM(C14N_EXCLUSIVE)),
	  false },
	{ "canonicalization first",
	  WITH_TRANSFORMS(MADE_TRANSFORM(C14N_EXCLUSIVE)), false },
	{ "S46 inclusive",
	  MADE_SIGNATURE(C14N_INCLUSIVE, MADE_RSA_SHA256, ONE, ""), false },
	{ "S46 with comments",
	  MADE_SIGNATURE(C14N_EXCLUSIVE "WithComments", MADE_RSA_SHA256, ONE,
	                 ""),
	  false },
	{ "S46 a reference inclusive",
	  WITH_TRANSFORMS(MADE_TRANSFORM(SIG_ENVELOPED)
	                      MADE_TRANSFORM(C14N_INCLUSIVE)),
	  false },
	{ "S46 a reference with comments",
	  WITH_TRANSFORMS(MADE_TRANSFORM(SIG_ENVELOPED)
	                      MADE_TRANSFORM(C14N_EXCLUSIVE "WithComments")),
	  false },
	{ "S50 SHA-1", WITH_METHOD(NS_DS "rsa-sha1"), false },
	{ "S50 MD5",
	  WITH_METHOD("http://www.w3.org/2001/04/xmldsig-more#rsa-md5"),
	  false },
	{ "S51 a digest by SHA-1",
	  WITH_REFERENCE(MADE_REFERENCE(" URI=\"#_1\"", MADE_USUAL_TRANSFORMS,
	                                NS_DS "sha1")),
	  false },
	{ "S34 two references",
	  WITH_REFERENCE(ONE MADE_REFERENCE(
	      " URI=\"#_2\"", MADE_TRANSFORM(C14N_EXCLUSIVE), DIGEST_SHA256)),
	  false },
	{ "S34 the same twice", WITH_REFERENCE(ONE ONE), false },
	{ "S08 an Object",
	  MADE_SIGNATURE(C14N_EXCLUSIVE, MADE_RSA_SHA256, ONE,
	                 "<ds:Object><x/></ds:Object>"),
	  false },
};

/* xmlsec may be built without MD5 or XSLT. */
static bool may_be_unknown(const char *name)
{
	return strstr(name, "MD5") || strstr(name, "XSLT");
}

static bool is_accepted(struct arena *a, const char *xml, EVP_PKEY *key)
{
	struct verify_key *mine;
	const struct xml *root;
	struct error err = { 0 };

	if (!verify_key_from_certificate(a, made_certificate(a, key), &mine,
	                                 &err))
		fail_msg("%s", err.text);
	return xml_parse(a, xml, strlen(xml), 64 * 1024, XML_MESSAGE, &root,
	                 &err) &&
	       signature_verify_enveloped(a, root, &mine, 1, &err);
}

static void only_the_strict_structure_is_accepted(void **state)
{
	struct arena *a = arena_open();
	EVP_PKEY *key = made_rsa(a, 2048, 65537);

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		char *xml = made_signed(a, key,
		                        arena_printf(a, "%s%s%s", BEFORE,
		                                     rows[i].signature, AFTER));

		if (!xml && !may_be_unknown(rows[i].name))
			fail_msg("%s: could not be made", rows[i].name);
		if (xml && is_accepted(a, xml, key) != rows[i].good)
			fail_msg("%s", rows[i].name);
	}
	arena_close(a);
}

static void any_change_is_detected(void **state)
{
	static const char *const changes[][2] = {
		{ "ola@", "admin@" },
		{ "Version=\"2.0\"", "Version=\"2.1\"" },
		{ "<p:Part ID=\"_2\">", "<p:Part ID=\"_3\">" },
		{ "</p:Message>", "<p:More></p:More></p:Message>" },
		{ "<ds:SignatureValue>", "<ds:SignatureValue>AAAA" },
		{ "<p:Name>", "<p:Name xmlns:p=\"urn:other\">" },
		{ "ID=\"_1\"", "ID=\"_9\"" },
	};
	struct arena *a = arena_open();
	EVP_PKEY *key = made_rsa(a, 2048, 65537);
	char *xml = made_signed(a, key, BEFORE MADE_USUAL AFTER);

	(void)state;
	assert_true(is_accepted(a, xml, key));
	for (size_t i = 0; i < LENGTH(changes); i++)
		if (is_accepted(
			a, made_other(a, xml, changes[i][0], changes[i][1]),
			key))
			fail_msg("%s", changes[i][1]);
	arena_close(a);
}

static void a_signature_of_another_structure_is_rejected(void **state)
{
	static const char *const changes[][2] = {
		{ "<ds:SignatureValue>",
		  "<ds:SignatureValue/><ds:SignatureValue>" },
		{ "<ds:SignedInfo>", "<ds:SignedInfo/><ds:SignedInfo>" },
		{ "</ds:Signature>",
		  "</ds:Signature><ds:Signature xmlns:ds=\"" NS_DS "\"/>" },
		{ "xmlns:ds=\"" NS_DS, "xmlns:ds=\"urn:example:ds" },
		{ "rsa-sha256\"/>",
		  "rsa-sha256\"><ds:HMACOutputLength>8"
		  "</ds:HMACOutputLength></ds:SignatureMethod>" },
		{ "<ds:Reference URI=\"#_1\">",
		  "<ds:Reference URI=\"#_1\"/><ds:Reference URI=\"#_1\">" },
	};
	struct arena *a = arena_open();
	EVP_PKEY *key = made_rsa(a, 2048, 65537);
	char *xml = made_signed(a, key, BEFORE MADE_USUAL AFTER);

	(void)state;
	assert_true(is_accepted(a, xml, key));
	for (size_t i = 0; i < LENGTH(changes); i++)
		if (is_accepted(
			a, made_other(a, xml, changes[i][0], changes[i][1]),
			key))
			fail_msg("%s", changes[i][1]);
	assert_false(is_accepted(a, BEFORE AFTER, key));
	assert_false(is_accepted(a, BEFORE MADE_USUAL AFTER, key));
	arena_close(a);
}

/* M05: xmlsec1 --verify accepts this. */
static void a_key_in_the_message_is_not_trusted(void **state)
{
	struct arena *a = arena_open();
	EVP_PKEY *key = made_rsa(a, 2048, 65537);
	EVP_PKEY *attackers = made_rsa(a, 2048, 65537);
	char *xml = made_signed(
	    a, attackers,
	    BEFORE MADE_SIGNATURE(C14N_EXCLUSIVE, MADE_RSA_SHA256, ONE,
	                          "<ds:KeyInfo><ds:KeyValue/></ds:KeyInfo>")
		AFTER);

	(void)state;
	assert_non_null(strstr(xml, "Modulus"));
	assert_true(is_accepted(a, xml, attackers));
	assert_false(is_accepted(a, xml, key));
	xml = made_signed(a, attackers, BEFORE MADE_USUAL AFTER);
	xml = made_other(a, xml, "</ds:SignatureValue>",
	                 arena_printf(a,
	                              "</ds:SignatureValue><ds:KeyInfo>"
	                              "<ds:X509Data><ds:X509Certificate>%s"
	                              "</ds:X509Certificate></ds:X509Data>"
	                              "</ds:KeyInfo>",
	                              made_certificate(a, attackers)));
	assert_true(is_accepted(a, xml, attackers));
	assert_false(is_accepted(a, xml, key));
	arena_close(a);
}

/* M08: the public key must not be accepted as an HMAC secret. */
static void a_public_key_is_not_an_hmac_secret(void **state)
{
	struct arena *a = arena_open();
	EVP_PKEY *key = made_rsa(a, 2048, 65537);
	const char *certificate = made_certificate(a, key);

	(void)state;
	made_begin(a);
	xmlSecKeyPtr secret = xmlSecKeyReadMemory(
	    xmlSecOpenSSLKeyDataHmacId, (const xmlSecByte *)certificate,
	    (xmlSecSize)strlen(certificate));
	char *xml = made_signed_with(
	    a, secret,
	    BEFORE WITH_METHOD(
		"http://www.w3.org/2001/04/xmldsig-more#hmac-sha256") AFTER);

	assert_non_null(xml);
	assert_false(is_accepted(a, xml, key));
	arena_close(a);
}

static void the_digest_of_an_empty_string_is_rejected(void **state)
{
	struct arena *a = arena_open();
	EVP_PKEY *key = made_rsa(a, 2048, 65537);
	char *xml = made_signed(a, key, BEFORE MADE_USUAL AFTER);
	char *from = strstr(xml, "<ds:DigestValue>") + 16;
	struct verify_key *mine;
	const struct xml *root;
	struct error err = { 0 };

	(void)state;
	memcpy(from, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", 44);
	assert_true(verify_key_from_certificate(a, made_certificate(a, key),
	                                        &mine, &err));
	assert_true(
	    xml_parse(a, xml, strlen(xml), 65536, XML_MESSAGE, &root, &err));
	assert_false(signature_verify_enveloped(a, root, &mine, 1, &err));
	assert_non_null(strstr(err.text, "empty input"));
	assert_string_equal(err.reason, "bad-saml");
	arena_close(a);
}

static void many_transforms_are_rejected_quickly(void **state)
{
	struct arena *a = arena_open();
	EVP_PKEY *key = made_rsa(a, 2048, 65537);
	struct strbuf many = strbuf_init(a);

	(void)state;
	for (int i = 0; i < 400; i++)
		strbuf_append(&many, MADE_TRANSFORM(C14N_EXCLUSIVE));
	char *xml = made_signed(a, key, BEFORE MADE_USUAL AFTER);
	char *more =
	    made_other(a, xml, "<ds:Transforms>",
	               arena_printf(a, "<ds:Transforms>%s", many.data));
	clock_t began = clock();

	assert_false(is_accepted(a, more, key));
	assert_true(clock() - began < CLOCKS_PER_SEC / 5);
	arena_close(a);
}

static bool key_is_accepted(struct arena *a, EVP_PKEY *key)
{
	struct verify_key *mine;

	return verify_key_from_certificate(a, made_certificate(a, key), &mine,
	                                   NULL);
}

static void weak_and_unknown_keys_are_rejected(void **state)
{
	struct arena *a = arena_open();
	struct verify_key *mine;

	(void)state;
	assert_true(key_is_accepted(a, made_rsa(a, 2048, 65537)));
	assert_true(key_is_accepted(a, made_rsa(a, 3072, 65537)));
	assert_true(key_is_accepted(a, made_ec(a, "P-256")));
	assert_true(key_is_accepted(a, made_ec(a, "P-384")));
	assert_false(key_is_accepted(a, made_rsa(a, 1024, 65537)));
	assert_false(key_is_accepted(a, made_rsa(a, 2048, 3)));
	assert_false(key_is_accepted(a, made_ec(a, "secp256k1")));
	assert_false(verify_key_from_certificate(a, "", &mine, NULL));
	assert_false(verify_key_from_certificate(a, "MIIB", &mine, NULL));
	assert_false(verify_key_from_certificate(a, "not base64", &mine, NULL));
	arena_close(a);
}

static bool octets_are_accepted(struct arena *a, EVP_PKEY *key,
                                const char *octets, const char *algorithm,
                                const char *signature)
{
	struct verify_key *mine;
	unsigned char *bytes;
	size_t length;

	assert_true(
	    base64_decode(a, signature, strlen(signature), &bytes, &length));
	assert_true(verify_key_from_certificate(a, made_certificate(a, key),
	                                        &mine, NULL));
	return signature_verify_query(octets, algorithm, bytes, length, &mine,
	                              1, NULL);
}

static void octets_are_verified_by_key_and_algorithm(void **state)
{
	static const char octets[] = "SAMLRequest=abc&SigAlg=x";
	struct arena *a = arena_open();
	EVP_PKEY *key = made_rsa(a, 2048, 65537);
	EVP_PKEY *other = made_rsa(a, 2048, 65537);
	const char *good = made_octets(a, key, "SHA256", octets);
	const char *weak = made_octets(a, key, "SHA1", octets);

	(void)state;
	assert_true(octets_are_accepted(a, key, octets, SIG_RSA_SHA256, good));
	assert_false(octets_are_accepted(a, key, "SAMLRequest=abd&SigAlg=x",
	                                 SIG_RSA_SHA256, good));
	assert_false(
	    octets_are_accepted(a, other, octets, SIG_RSA_SHA256, good));
	assert_false(octets_are_accepted(a, key, octets, SIG_RSA_SHA512, good));
	assert_false(octets_are_accepted(a, key, octets, SIG_EC_SHA256, good));
	assert_false(
	    octets_are_accepted(a, key, octets, NS_DS "rsa-sha1", weak));
	assert_false(octets_are_accepted(a, key, octets, NULL, good));
	assert_false(octets_are_accepted(a, key, octets, "", good));
	assert_false(octets_are_accepted(a, key, octets, SIG_RSA_SHA256, ""));
	arena_close(a);
}

/* XML Signature 6.4.3: r and s concatenated, not DER. */
static void an_ecdsa_signature_is_r_and_s(void **state)
{
	static const char octets[] = "SAMLRequest=abc&SigAlg=x";
	struct arena *a = arena_open();
	EVP_PKEY *key = made_ec(a, "P-256");
	const char *der = made_octets(a, key, "SHA256", octets);
	unsigned char *bytes, halves[64];
	size_t length;

	(void)state;
	assert_true(base64_decode(a, der, strlen(der), &bytes, &length));
	const unsigned char *at = bytes;
	ECDSA_SIG *s = d2i_ECDSA_SIG(NULL, &at, (long)length);

	BN_bn2binpad(ECDSA_SIG_get0_r(s), halves, 32);
	BN_bn2binpad(ECDSA_SIG_get0_s(s), halves + 32, 32);
	ECDSA_SIG_free(s);
	assert_true(octets_are_accepted(a, key, octets, SIG_EC_SHA256,
	                                base64_encode(a, halves, 64)));
	assert_false(octets_are_accepted(a, key, octets, SIG_EC_SHA256, der));
	assert_false(octets_are_accepted(a, key, octets, SIG_EC_SHA256,
	                                 base64_encode(a, halves, 63)));
	halves[5] ^= 1;
	assert_false(octets_are_accepted(a, key, octets, SIG_EC_SHA256,
	                                 base64_encode(a, halves, 64)));
	arena_close(a);
}

TESTS(only_the_strict_structure_is_accepted, any_change_is_detected,
      a_signature_of_another_structure_is_rejected,
      a_key_in_the_message_is_not_trusted, a_public_key_is_not_an_hmac_secret,
      the_digest_of_an_empty_string_is_rejected,
      many_transforms_are_rejected_quickly, weak_and_unknown_keys_are_rejected,
      octets_are_verified_by_key_and_algorithm, an_ecdsa_signature_is_r_and_s)

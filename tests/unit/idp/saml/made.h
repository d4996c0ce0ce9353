/* SPDX-License-Identifier: AGPL-3.0-or-later
 * made.h: keys, certificates and signatures as SPs and attackers create them:
 * by xmlsec and OpenSSL without restrictions. */
#ifndef TESTS_UNIT_IDP_SAML_MADE_H
#define TESTS_UNIT_IDP_SAML_MADE_H

#include <string.h>

#include <libxml/parser.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <xmlsec/xmlsec.h>
/* xmlsec.h has the types that the others need. */
#include <xmlsec/errors.h>
#include <xmlsec/io.h>
#include <xmlsec/openssl/crypto.h>
#include <xmlsec/openssl/evp.h>
#include <xmlsec/xmldsig.h>
#include <xmlsec/xmltree.h>

#include "idp/saml/saml_uris.h"
#include "idp/saml/signature_verify.h"
#include "lib/base64.h"
#include "lib/strbuf.h"

#define MADE __attribute__((unused)) static

static void made_free_key(void *key)
{
	EVP_PKEY_free(key);
}

MADE EVP_PKEY *made_rsa(struct arena *a, unsigned bits, unsigned long exponent)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	BIGNUM *e = BN_new();
	EVP_PKEY *key = NULL;

	BN_set_word(e, exponent);
	if (EVP_PKEY_keygen_init(c) <= 0 ||
	    EVP_PKEY_CTX_set_rsa_keygen_bits(c, (int)bits) <= 0 ||
	    EVP_PKEY_CTX_set1_rsa_keygen_pubexp(c, e) <= 0 ||
	    EVP_PKEY_generate(c, &key) <= 0)
		abort();
	BN_free(e);
	EVP_PKEY_CTX_free(c);
	return arena_own(a, key, made_free_key);
}

MADE EVP_PKEY *made_ec(struct arena *a, const char *curve)
{
	return arena_own(a, EVP_EC_gen(curve), made_free_key);
}

/* Base64 of a self-signed certificate that has expired: its validity is
 * ignored. */
MADE char *made_certificate(struct arena *a, EVP_PKEY *key)
{
	X509 *x = X509_new();
	unsigned char *der = NULL;

	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	ASN1_TIME_set_string(X509_getm_notBefore(x), "20200101000000Z");
	ASN1_TIME_set_string(X509_getm_notAfter(x), "20210101000000Z");
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
	                           (const unsigned char *)"sp.example", -1, -1,
	                           0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	X509_set_pubkey(x, key);
	if (X509_sign(x, key, EVP_sha256()) <= 0)
		abort();
	int length = i2d_X509(x, &der);
	char *text = base64_encode(a, der, (size_t)length);

	OPENSSL_free(der);
	X509_free(x);
	return text;
}

static void made_ignore_message(void *data, const char *format, ...)
{
	(void)data;
	(void)format;
}

/* Initializes xmlsec by signature_verify.c, then removes its restrictions, so
 * that it can even sign files. */
static void made_begin(struct arena *a)
{
	struct verify_key *ignored;

	(void)!verify_key_from_certificate(a, "", &ignored, NULL);
	xmlSetGenericErrorFunc(NULL, made_ignore_message);
	xmlSecIOCleanupCallbacks();
	xmlSecIORegisterDefaultCallbacks();
}

static xmlSecKeyPtr made_key(EVP_PKEY *key)
{
	xmlSecKeyPtr wrapped = xmlSecKeyCreate();

	EVP_PKEY_up_ref(key);
	xmlSecKeySetValue(wrapped, xmlSecOpenSSLEvpKeyAdopt(key));
	return wrapped;
}

static void made_name_ids(xmlNodePtr node)
{
	for (; node; node = node->next) {
		xmlAttrPtr id = xmlHasProp(node, (const xmlChar *)"ID");

		if (node->type == XML_ELEMENT_NODE && id) {
			xmlChar *value =
			    xmlNodeListGetString(node->doc, id->children, 1);

			xmlAddID(NULL, node->doc, value, id);
			xmlFree(value);
		}
		made_name_ids(node->children);
	}
}

/* Returns the document with its first ds:Signature template signed by key;
 * NULL on an xmlsec error. */
static char *made_signed_with(struct arena *a, xmlSecKeyPtr key,
                              const char *xml)
{
	made_begin(a);
	xmlDocPtr doc = xmlReadMemory(xml, (int)strlen(xml), NULL, "UTF-8",
	                              XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	xmlNodePtr signature = xmlSecFindNode(
	    xmlDocGetRootElement(doc), xmlSecNodeSignature, xmlSecDSigNs);
	xmlSecDSigCtxPtr c = xmlSecDSigCtxCreate(NULL);
	char *text = NULL;
	xmlChar *bytes;
	int length;

	made_name_ids(xmlDocGetRootElement(doc));
	c->signKey = key;
	if (signature && xmlSecDSigCtxSign(c, signature) == 0) {
		xmlDocDumpMemoryEnc(doc, &bytes, &length, "UTF-8");
		text = arena_memdup(a, bytes, (size_t)length);
		xmlFree(bytes);
	}
	xmlSecDSigCtxDestroy(c);
	xmlFreeDoc(doc);
	return text;
}

MADE char *made_signed(struct arena *a, EVP_PKEY *key, const char *xml)
{
	return made_signed_with(a, made_key(key), xml);
}

/* Returns base64 of a signature over octets, as in the Redirect binding. */
MADE char *made_octets(struct arena *a, EVP_PKEY *key, const char *digest,
                       const char *octets)
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	unsigned char signature[1024];
	size_t length = sizeof(signature);

	if (EVP_DigestSignInit_ex(c, NULL, digest, NULL, NULL, key, NULL) !=
	        1 ||
	    EVP_DigestSign(c, signature, &length, (const unsigned char *)octets,
	                   strlen(octets)) != 1)
		abort();
	EVP_MD_CTX_free(c);
	return base64_encode(a, signature, length);
}

/* Returns text with the first `from` replaced by `to`; aborts if there is none,
 * so that no test passes by accident. */
MADE char *made_other(struct arena *a, const char *text, const char *from,
                      const char *to)
{
	const char *at = strstr(text, from);

	if (!at)
		abort();
	return arena_printf(a, "%.*s%s%s", (int)(at - text), text, to,
	                    at + strlen(from));
}

#define MADE_ALGORITHM(name, uri) \
	"<ds:" name " Algorithm=\"" uri "\"></ds:" name ">"
#define MADE_TRANSFORM(uri) MADE_ALGORITHM("Transform", uri)
#define MADE_USUAL_TRANSFORMS \
	MADE_TRANSFORM(SIG_ENVELOPED) MADE_TRANSFORM(C14N_EXCLUSIVE)
#define MADE_REFERENCE(uri, transforms, digest)           \
	"<ds:Reference" uri "><ds:Transforms>" transforms \
	"</ds:Transforms>" MADE_ALGORITHM(                \
	    "DigestMethod",                               \
	    digest) "<ds:DigestValue></ds:DigestValue></ds:Reference>"
#define MADE_SIGNATURE(c14n, method, references, more)                       \
	"<ds:Signature xmlns:ds=\"" NS_DS                                    \
	"\"><ds:SignedInfo>" MADE_ALGORITHM("CanonicalizationMethod", c14n)  \
	    method references "</ds:SignedInfo>"                             \
			      "<ds:SignatureValue></ds:SignatureValue>" more \
			      "</ds:Signature>"
#define MADE_RSA_SHA256 MADE_ALGORITHM("SignatureMethod", SIG_RSA_SHA256)
/* The usual signature of the element whose ID is _1. */
#define MADE_USUAL                                                           \
	MADE_SIGNATURE(C14N_EXCLUSIVE, MADE_RSA_SHA256,                      \
	               MADE_REFERENCE(" URI=\"#_1\"", MADE_USUAL_TRANSFORMS, \
	                              DIGEST_SHA256),                        \
	               "")

#endif

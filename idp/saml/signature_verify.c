/* SPDX-License-Identifier: AGPL-3.0-or-later
 * signature_verify.c: verifies XML signatures (SAML Core 5, XML Signature 1.1)
 * by libxmlsec1.  Its default context reads files, runs XSLT, accepts SHA-1 and
 * trusts the key in KeyInfo; so the structure of the signature is checked
 * against a short list first, and xmlsec gets the key and only the transforms
 * of that list. */
#include "idp/saml/signature_verify.h"

#include <pthread.h>
#include <string.h>

#include <libxml/tree.h>
#include <xmlsec/crypto.h>
#include <xmlsec/errors.h>
#include <xmlsec/io.h>
#include <xmlsec/openssl/evp.h>
#include <xmlsec/xmldsig.h>
#include <xmlsec/xmlsec.h>

#include "idp/saml/saml_message_check.h"
#include "idp/saml/saml_uris.h"
#include "lib/base64.h"
#include "lib/cleanup.h"
#include "lib/strbuf.h"

enum { RSA_MIN_BITS = 2048, RSA_MAX_BITS = 8192, PREFIX_LIST_MAX = 512 };

struct verify_key {
	xmlSecKeyPtr key;
	EVP_PKEY *pkey; /* key's own */
	bool is_rsa;
};

DEFINE_CLEANUP(release_certificate, X509 *, X509_free)
DEFINE_CLEANUP(release_bare, EVP_PKEY *, EVP_PKEY_free)
DEFINE_CLEANUP(release_digest, EVP_MD_CTX *, EVP_MD_CTX_free)
DEFINE_CLEANUP(release_check, xmlSecDSigCtxPtr, xmlSecDSigCtxDestroy)
DEFINE_CLEANUP(release_number, BIGNUM *, BN_free)
DEFINE_CLEANUP(release_halves, ECDSA_SIG *, ECDSA_SIG_free)
DEFINE_CLEANUP(release_der, unsigned char *, OPENSSL_free)

static void signature_ignore_message(const char *file, int line,
                                     const char *function, const char *object,
                                     const char *subject, int reason,
                                     const char *message)
{
	(void)file;
	(void)line;
	(void)function;
	(void)object;
	(void)subject;
	(void)reason;
	(void)message;
}

static bool signature_verify_ready;

/* Without IO callbacks a Reference cannot read files or the network. */
static void signature_verify_init(void)
{
	xmlInitParser();
	signature_verify_ready =
	    xmlSecInit() >= 0 && xmlSecCheckVersion() == 1 &&
	    xmlSecCryptoAppInit(NULL) >= 0 && xmlSecCryptoInit() >= 0;
	xmlSecIOCleanupCallbacks();
	xmlSecErrorsSetCallback(signature_ignore_message);
}

static bool signature_verify_ensure_init(struct error *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, signature_verify_init);
	return signature_verify_ready ||
	       error_set(err, ERROR_UNAVAILABLE, "xmlsec is not initialized");
}

/* ---- keys ---- */

/* A small exponent eases forged padding (CVE-2006-4339); 1 signs nothing. */
static bool verify_key_exponent_is_safe(const EVP_PKEY *key)
{
	own(release_number) BIGNUM *e = NULL;

	return EVP_PKEY_get_bn_param(key, "e", &e) == 1 && BN_is_odd(e) &&
	       BN_num_bits(e) >= 17 && BN_num_bits(e) <= 64;
}

static bool verify_key_curve_is_allowed(const EVP_PKEY *key)
{
	char name[32] = "";
	size_t length = 0;

	return EVP_PKEY_get_utf8_string_param(key, "group", name, sizeof(name),
	                                      &length) == 1 &&
	       (strcmp(name, "prime256v1") == 0 ||
	        strcmp(name, "secp384r1") == 0);
}

static bool verify_key_is_allowed(const EVP_PKEY *key, bool *ret_is_rsa)
{
	int bits = EVP_PKEY_get_bits(key);

	*ret_is_rsa = EVP_PKEY_is_a(key, "RSA") == 1;
	if (*ret_is_rsa)
		return bits >= RSA_MIN_BITS && bits <= RSA_MAX_BITS &&
		       verify_key_exponent_is_safe(key);
	return EVP_PKEY_is_a(key, "EC") == 1 &&
	       verify_key_curve_is_allowed(key);
}

static void verify_key_destroy(void *key)
{
	xmlSecKeyDestroy(key);
}

/* Returns a key that owns pkey; NULL on error, then the caller keeps pkey. */
static xmlSecKeyPtr verify_key_wrap(EVP_PKEY *pkey)
{
	xmlSecKeyPtr key = xmlSecKeyCreate();
	xmlSecKeyDataPtr data = xmlSecOpenSSLEvpKeyAdopt(pkey);

	if (data && (!key || xmlSecKeySetValue(key, data) < 0)) {
		EVP_PKEY_up_ref(pkey);
		xmlSecKeyDataDestroy(data);
		data = NULL;
	}
	if (data)
		return key;
	if (key)
		xmlSecKeyDestroy(key);
	return NULL;
}

static EVP_PKEY *certificate_public_key(struct arena *a,
                                        const char *certificate)
{
	unsigned char *der;
	size_t length;

	if (!base64_decode(a, certificate, strlen(certificate), &der, &length))
		return NULL;
	const unsigned char *at = der;
	own(release_certificate) X509 *x509 = d2i_X509(NULL, &at, (long)length);

	if (!x509 || at != der + length)
		return NULL;
	return X509_get_pubkey(x509);
}

bool verify_key_from_certificate(struct arena *a, const char *certificate,
                                 struct verify_key **ret_key, struct error *err)
{
	struct verify_key *k = arena_new(a, struct verify_key);

	if (!signature_verify_ensure_init(err))
		return false;
	own(release_bare) EVP_PKEY *pkey =
	    certificate_public_key(a, certificate);

	if (!pkey)
		return error_set(err, ERROR_INVALID,
		                 "X509Certificate is not a valid certificate");
	if (!verify_key_is_allowed(pkey, &k->is_rsa))
		return error_set(err, ERROR_INVALID,
		                 "key of the certificate is too weak or of an "
		                 "unsupported type");
	k->key = verify_key_wrap(pkey);
	if (!k->key)
		return error_set(err, ERROR_UNAVAILABLE,
		                 "xmlsec cannot import the key");
	k->pkey = pkey;
	pkey = NULL;
	arena_own(a, k->key, verify_key_destroy);
	*ret_key = k;
	return true;
}

/* ---- the accepted algorithms ---- */

static const struct signature_alg {
	const char *uri;
	const char *digest; /* OpenSSL's name */
	bool is_rsa;
} signature_algs[] = {
	{ SIG_RSA_SHA256, "SHA256", true }, { SIG_RSA_SHA384, "SHA384", true },
	{ SIG_RSA_SHA512, "SHA512", true }, { SIG_EC_SHA256, "SHA256", false },
	{ SIG_EC_SHA384, "SHA384", false },
};

static const struct signature_alg *signature_alg_find(const char *uri)
{
	for (size_t i = 0; i < LENGTH(signature_algs); i++)
		if (text_equal(signature_algs[i].uri, uri))
			return &signature_algs[i];
	return NULL;
}

static bool signature_digest_is_allowed(const char *uri)
{
	return text_equal(uri, DIGEST_SHA256) ||
	       text_equal(uri, DIGEST_SHA384) || text_equal(uri, DIGEST_SHA512);
}

/* ---- the structure of a ds:Signature ---- */

struct ds_signature {
	struct arena *arena;
	const struct xml *element, *signature, *signed_info, *reference;
	const struct signature_alg *algorithm;
	struct error *err;
};

static bool signature_error(const struct ds_signature *f, const char *what)
{
	return saml_message_error(f->err, "signature: %s", what);
}

static const char *signature_algorithm_uri(const struct ds_signature *f,
                                           const struct xml *e)
{
	return xml_attribute(f->arena, e, "Algorithm");
}

/* Returns whether e's children are exactly these elements of XML Signature, the
 * last one perhaps optional. */
static bool signature_has_children(const struct xml *e,
                                   const char *const *names, size_t count,
                                   bool last_is_optional)
{
	const struct xml *child = xml_first_child(e);

	for (size_t i = 0; i < count; i++) {
		if (!child && i == count - 1 && last_is_optional)
			return true;
		if (!xml_is(child, NS_DS, names[i]))
			return false;
		child = xml_next_sibling(child);
	}
	return child == NULL;
}

/* Exclusive C14N without comments, with a short PrefixList or none. */
static bool signature_is_exclusive_c14n(const struct ds_signature *f,
                                        const struct xml *e)
{
	const struct xml *child = xml_first_child(e);

	if (!text_equal(signature_algorithm_uri(f, e), C14N_EXCLUSIVE))
		return false;
	if (!child)
		return true;
	const char *prefixes = xml_attribute(f->arena, child, "PrefixList");

	return xml_is(child, C14N_EXCLUSIVE, "InclusiveNamespaces") &&
	       !xml_next_sibling(child) && prefixes &&
	       strlen(prefixes) <= PREFIX_LIST_MAX;
}

static bool signature_check_transforms(const struct ds_signature *f)
{
	const struct xml *all = xml_first_child(f->reference);
	const struct xml *first = xml_first_child(all);
	const struct xml *second = xml_next_sibling(first);

	if (!xml_is(first, NS_DS, "Transform") || xml_first_child(first) ||
	    !text_equal(signature_algorithm_uri(f, first), SIG_ENVELOPED))
		return signature_error(
		    f, "first Transform is not enveloped-signature");
	if (!xml_is(second, NS_DS, "Transform") || xml_next_sibling(second) ||
	    !signature_is_exclusive_c14n(f, second))
		return signature_error(f, "second Transform is not exclusive "
		                          "canonicalization, or more than two");
	return true;
}

/* SHA-256, -384 and -512 of the empty string: the result of a canonicalization
 * whose error was ignored. */
static bool signature_digest_is_of_empty(const char *digest)
{
	return text_starts(digest, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NM") ||
	       text_starts(digest, "OLBgp1GsljhM2TJ+sbHjaiH9txEUvgdD") ||
	       text_starts(digest, "z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXc");
}

static bool signature_check_reference(const struct ds_signature *f)
{
	static const char *const names[] = { "Transforms", "DigestMethod",
		                             "DigestValue" };
	const struct xml *method =
	    xml_child(f->reference, NS_DS, "DigestMethod");
	const char *uri = xml_attribute(f->arena, f->reference, "URI");
	const char *id = xml_attribute(f->arena, f->element, "ID");

	if (!signature_has_children(f->reference, names, LENGTH(names), false))
		return signature_error(f, "Reference has unexpected children");
	if (!uri || *uri != '#' || !text_equal(uri + 1, id))
		return signature_error(
		    f, "Reference URI is not the ID of the signed element");
	if (!signature_digest_is_allowed(signature_algorithm_uri(f, method)) ||
	    xml_first_child(method))
		return signature_error(f, "DigestMethod is not allowed");
	if (signature_digest_is_of_empty(xml_text_trimmed(
		f->arena, xml_child(f->reference, NS_DS, "DigestValue"))))
		return signature_error(f, "DigestValue is that of empty input");
	return signature_check_transforms(f);
}

static bool signature_check_signed_info(struct ds_signature *f)
{
	static const char *const names[] = { "CanonicalizationMethod",
		                             "SignatureMethod", "Reference" };
	const struct xml *method =
	    xml_child(f->signed_info, NS_DS, "SignatureMethod");

	if (!signature_has_children(f->signed_info, names, LENGTH(names),
	                            false))
		return signature_error(f, "SignedInfo has unexpected children");
	f->algorithm = signature_alg_find(signature_algorithm_uri(f, method));
	if (!f->algorithm || xml_first_child(method))
		return signature_error(f, "SignatureMethod is not allowed");
	if (!signature_is_exclusive_c14n(f, xml_first_child(f->signed_info)))
		return signature_error(
		    f,
		    "CanonicalizationMethod is not exclusive canonicalization");
	return true;
}

/* SAML Core 5.4.2 to 5.4.4: one Reference, to the parent element, and only the
 * allowed children in schema order. */
static bool signature_check_structure(struct ds_signature *f)
{
	static const char *const names[] = { "SignedInfo", "SignatureValue",
		                             "KeyInfo" };

	f->signature = xml_child(f->element, NS_DS, "Signature");
	if (!f->signature || xml_next_same_name(f->signature))
		return signature_error(
		    f, "element does not have exactly one Signature");
	if (!signature_has_children(f->signature, names, LENGTH(names), true))
		return signature_error(f, "Signature has unexpected children");
	f->signed_info = xml_first_child(f->signature);
	f->reference = xml_child(f->signed_info, NS_DS, "Reference");
	return signature_check_signed_info(f) && signature_check_reference(f);
}

/* ---- xmlsec with restricted transforms ---- */

static bool signature_enable_transforms(xmlSecDSigCtxPtr dsig)
{
	const xmlSecTransformId for_reference[] = {
		xmlSecTransformEnvelopedId, xmlSecTransformExclC14NId,
		xmlSecTransformSha256Id,    xmlSecTransformSha384Id,
		xmlSecTransformSha512Id,
	};
	const xmlSecTransformId for_signature[] = {
		xmlSecTransformExclC14NId,    xmlSecTransformRsaSha256Id,
		xmlSecTransformRsaSha384Id,   xmlSecTransformRsaSha512Id,
		xmlSecTransformEcdsaSha256Id, xmlSecTransformEcdsaSha384Id,
	};
	bool ok = true;

	dsig->enabledReferenceUris = xmlSecTransformUriTypeSameDocument;
	for (size_t i = 0; i < LENGTH(for_reference); i++)
		ok = ok && xmlSecDSigCtxEnableReferenceTransform(
			       dsig, for_reference[i]) >= 0;
	for (size_t i = 0; i < LENGTH(for_signature); i++)
		ok = ok && xmlSecDSigCtxEnableSignatureTransform(
			       dsig, for_signature[i]) >= 0;
	/* An empty list would allow every kind of key data; KeyInfo is not
	 * read if signKey is set. */
	return ok && xmlSecPtrListAdd(&dsig->keyInfoReadCtx.enabledKeyData,
	                              (xmlSecPtr)xmlSecKeyDataNameId) >= 0;
}

/* xmlSecDSigCtxVerify returns 0 also for an invalid signature: the result is in
 * status. */
static bool signature_verify_by_key(const struct ds_signature *f,
                                    const struct verify_key *key)
{
	own(release_check) xmlSecDSigCtxPtr dsig = xmlSecDSigCtxCreate(NULL);

	if (!dsig || !signature_enable_transforms(dsig))
		return false;
	dsig->signKey = xmlSecKeyDuplicate(key->key);
	if (!dsig->signKey)
		return false;
	return xmlSecDSigCtxVerify(dsig, (xmlNodePtr)f->signature) == 0 &&
	       dsig->status == xmlSecDSigStatusSucceeded &&
	       xmlSecPtrListGetSize(&dsig->signedInfoReferences) == 1;
}

/* Registers the element's ID; lib/xml has checked that IDs are unique. */
static bool signature_register_id(const struct ds_signature *f)
{
	xmlNodePtr node = (xmlNodePtr)f->element;
	xmlAttrPtr attribute = xmlHasProp(node, (const xmlChar *)"ID");
	const char *id = xml_attribute(f->arena, f->element, "ID");

	if (!attribute || !id)
		return false;
	if (!xmlGetID(node->doc, (const xmlChar *)id))
		xmlAddID(NULL, node->doc, (const xmlChar *)id, attribute);
	return xmlGetID(node->doc, (const xmlChar *)id) == attribute;
}

bool signature_verify_enveloped(struct arena *a, const struct xml *element,
                                struct verify_key *const *keys, size_t count,
                                struct error *err)
{
	struct ds_signature f = { .arena = a, .element = element, .err = err };

	if (!signature_verify_ensure_init(err) ||
	    !signature_check_structure(&f))
		return false;
	if (!signature_register_id(&f))
		return signature_error(
		    &f, "ID of the signed element is missing or not unique");
	for (size_t i = 0; i < count; i++)
		if (keys[i]->is_rsa == f.algorithm->is_rsa &&
		    signature_verify_by_key(&f, keys[i]))
			return true;
	return signature_error(&f, "no key in the metadata verifies it");
}

/* ---- octets ---- */

/* XML Signature 6.4.3: an ECDSA value is r and s concatenated, each as long as
 * the curve's order; OpenSSL requires DER. */
static bool ecdsa_raw_to_der(const struct verify_key *key,
                             const unsigned char *signature, size_t length,
                             unsigned char **ret_der, size_t *ret_length)
{
	const int half = (EVP_PKEY_get_bits(key->pkey) + 7) / 8;
	own(release_halves) ECDSA_SIG *halves = ECDSA_SIG_new();

	if (!halves || length != (size_t)half * 2)
		return false;
	BIGNUM *r = BN_bin2bn(signature, half, NULL);
	BIGNUM *s = BN_bin2bn(signature + half, half, NULL);

	if (!r || !s || ECDSA_SIG_set0(halves, r, s) != 1) {
		BN_free(r);
		BN_free(s);
		return false;
	}
	int written = i2d_ECDSA_SIG(halves, ret_der);

	*ret_length = written > 0 ? (size_t)written : 0;
	return written > 0;
}

static bool signature_verify_octets(const struct verify_key *key,
                                    const struct signature_alg *alg,
                                    const char *octets,
                                    const unsigned char *signature,
                                    size_t length)
{
	own(release_der) unsigned char *der = NULL;

	if (!key->is_rsa) {
		if (!ecdsa_raw_to_der(key, signature, length, &der, &length))
			return false;
		signature = der;
	}
	own(release_digest) EVP_MD_CTX *digest = EVP_MD_CTX_new();

	return digest &&
	       EVP_DigestVerifyInit_ex(digest, NULL, alg->digest, NULL, NULL,
	                               key->pkey, NULL) == 1 &&
	       EVP_DigestVerify(digest, signature, length,
	                        (const unsigned char *)octets,
	                        strlen(octets)) == 1;
}

bool signature_verify_query(const char *octets, const char *sig_alg,
                            const unsigned char *signature, size_t length,
                            struct verify_key *const *keys, size_t count,
                            struct error *err)
{
	const struct signature_alg *alg = signature_alg_find(sig_alg);

	if (!alg)
		return saml_message_error(err, "SigAlg is not allowed");
	for (size_t i = 0; i < count; i++)
		if (keys[i]->is_rsa == alg->is_rsa &&
		    signature_verify_octets(keys[i], alg, octets, signature,
		                            length))
			return true;
	return saml_message_error(
	    err, "Signature is not valid for any key in the metadata");
}

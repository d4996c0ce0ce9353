/* SPDX-License-Identifier: AGPL-3.0-or-later
 * signature_verify.c: verifies XML signatures (SAML Core 5, XML Signature 1.1)
 * by libxmlsec1.  Its default context reads files, runs XSLT, accepts SHA-1 and
 * trusts the key in KeyInfo; so the structure of the signature is checked
 * against a short list first, and xmlsec gets the key and only the transforms
 * of that list. */
#include "idp/saml/sign.h"

#include <pthread.h>
#include <string.h>

#include <libxml/tree.h>
#include <xmlsec/crypto.h>
#include <xmlsec/errors.h>
#include <xmlsec/io.h>
#include <xmlsec/openssl/evp.h>
#include <xmlsec/xmldsig.h>
#include <xmlsec/xmlsec.h>

#include "idp/saml/gate.h"
#include "idp/saml/names.h"
#include "lib/base64.h"
#include "lib/own.h"
#include "lib/text.h"

enum { RSA_LEAST = 2048, RSA_MOST = 8192, PREFIXES_MOST = 512 };

struct sign_key {
	xmlSecKeyPtr key;
	EVP_PKEY *bare; /* key's own */
	bool is_rsa;
};

OWNER(release_certificate, X509 *, X509_free)
OWNER(release_bare, EVP_PKEY *, EVP_PKEY_free)
OWNER(release_digest, EVP_MD_CTX *, EVP_MD_CTX_free)
OWNER(release_check, xmlSecDSigCtxPtr, xmlSecDSigCtxDestroy)
OWNER(release_number, BIGNUM *, BN_free)
OWNER(release_halves, ECDSA_SIG *, ECDSA_SIG_free)
OWNER(release_der, unsigned char *, OPENSSL_free)

static void say_nothing(const char *file, int line, const char *function,
                        const char *object, const char *subject, int reason,
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

static bool is_ready;

/* Without IO callbacks a Reference cannot read files or the network. */
static void begin(void)
{
	xmlInitParser();
	is_ready = xmlSecInit() >= 0 && xmlSecCheckVersion() == 1 &&
	           xmlSecCryptoAppInit(NULL) >= 0 && xmlSecCryptoInit() >= 0;
	xmlSecIOCleanupCallbacks();
	xmlSecErrorsSetCallback(say_nothing);
}

static bool make_ready(struct fault *why)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, begin);
	return is_ready || fault(why, FAULT_UNAVAILABLE, "xmlsec is not there");
}

/* ---- keys ---- */

/* A small exponent eases forged padding (CVE-2006-4339); 1 signs nothing. */
static bool exponent_is_good(const EVP_PKEY *key)
{
	own(release_number) BIGNUM *e = NULL;

	return EVP_PKEY_get_bn_param(key, "e", &e) == 1 && BN_is_odd(e) &&
	       BN_num_bits(e) >= 17 && BN_num_bits(e) <= 64;
}

static bool curve_is_good(const EVP_PKEY *key)
{
	char name[32] = "";
	size_t length = 0;

	return EVP_PKEY_get_utf8_string_param(key, "group", name, sizeof(name),
	                                      &length) == 1 &&
	       (strcmp(name, "prime256v1") == 0 ||
	        strcmp(name, "secp384r1") == 0);
}

static bool key_is_good(const EVP_PKEY *key, bool *ret_is_rsa)
{
	int bits = EVP_PKEY_get_bits(key);

	*ret_is_rsa = EVP_PKEY_is_a(key, "RSA") == 1;
	if (*ret_is_rsa)
		return bits >= RSA_LEAST && bits <= RSA_MOST &&
		       exponent_is_good(key);
	return EVP_PKEY_is_a(key, "EC") == 1 && curve_is_good(key);
}

static void give_back_key(void *key)
{
	xmlSecKeyDestroy(key);
}

/* Returns a key that owns pkey; NULL on error, then the caller keeps pkey. */
static xmlSecKeyPtr wrap_key(EVP_PKEY *bare)
{
	xmlSecKeyPtr key = xmlSecKeyCreate();
	xmlSecKeyDataPtr data = xmlSecOpenSSLEvpKeyAdopt(bare);

	if (data && (!key || xmlSecKeySetValue(key, data) < 0)) {
		EVP_PKEY_up_ref(bare);
		xmlSecKeyDataDestroy(data);
		data = NULL;
	}
	if (data)
		return key;
	if (key)
		xmlSecKeyDestroy(key);
	return NULL;
}

static EVP_PKEY *key_in(struct arena *a, const char *certificate)
{
	unsigned char *der;
	size_t length;

	if (!base64_read(a, certificate, strlen(certificate), &der, &length))
		return NULL;
	const unsigned char *at = der;
	own(release_certificate) X509 *read = d2i_X509(NULL, &at, (long)length);

	if (!read || at != der + length)
		return NULL;
	return X509_get_pubkey(read);
}

bool sign_key_read(struct arena *a, const char *certificate,
                   struct sign_key **ret_key, struct fault *why)
{
	struct sign_key *k = arena_new(a, struct sign_key);

	if (!make_ready(why))
		return false;
	own(release_bare) EVP_PKEY *bare = key_in(a, certificate);

	if (!bare)
		return fault(why, FAULT_INVALID, "no certificate can be read");
	if (!key_is_good(bare, &k->is_rsa))
		return fault(why, FAULT_INVALID,
		             "a key that is too weak or of an unknown kind");
	k->key = wrap_key(bare);
	if (!k->key)
		return fault(why, FAULT_UNAVAILABLE, "xmlsec takes no key");
	k->bare = bare;
	bare = NULL;
	arena_keep(a, k->key, give_back_key);
	*ret_key = k;
	return true;
}

/* ---- the accepted algorithms ---- */

static const struct algorithm {
	const char *uri;
	const char *digest; /* OpenSSL's name */
	bool is_rsa;
} algorithms[] = {
	{ SIG_RSA_SHA256, "SHA256", true }, { SIG_RSA_SHA384, "SHA384", true },
	{ SIG_RSA_SHA512, "SHA512", true }, { SIG_EC_SHA256, "SHA256", false },
	{ SIG_EC_SHA384, "SHA384", false },
};

static const struct algorithm *find_algorithm(const char *uri)
{
	for (size_t i = 0; i < LENGTH(algorithms); i++)
		if (text_equal(algorithms[i].uri, uri))
			return &algorithms[i];
	return NULL;
}

static bool is_digest(const char *uri)
{
	return text_equal(uri, DIGEST_SHA256) ||
	       text_equal(uri, DIGEST_SHA384) || text_equal(uri, DIGEST_SHA512);
}

/* ---- the structure of a ds:Signature ---- */

struct form {
	struct arena *arena;
	const struct xml *element, *signature, *info, *reference;
	const struct algorithm *algorithm;
	struct fault *why;
};

static bool refuse(const struct form *f, const char *what)
{
	return gate_refuse(f->why, "signature: %s", what);
}

static const char *algorithm_of(const struct form *f, const struct xml *e)
{
	return xml_get(f->arena, e, "Algorithm");
}

/* Returns whether e's children are exactly these elements of XML Signature, the
 * last one perhaps optional. */
static bool has_children(const struct xml *e, const char *const *names,
                         size_t count, bool last_is_optional)
{
	const struct xml *child = xml_first(e);

	for (size_t i = 0; i < count; i++) {
		if (!child && i == count - 1 && last_is_optional)
			return true;
		if (!xml_is(child, NS_DS, names[i]))
			return false;
		child = xml_next(child);
	}
	return child == NULL;
}

/* Exclusive C14N without comments, with a short PrefixList or none. */
static bool is_exclusive(const struct form *f, const struct xml *e)
{
	const struct xml *child = xml_first(e);

	if (!text_equal(algorithm_of(f, e), C14N_EXCLUSIVE))
		return false;
	if (!child)
		return true;
	const char *prefixes = xml_get(f->arena, child, "PrefixList");

	return xml_is(child, C14N_EXCLUSIVE, "InclusiveNamespaces") &&
	       !xml_next(child) && prefixes &&
	       strlen(prefixes) <= PREFIXES_MOST;
}

static bool transforms_are_good(const struct form *f)
{
	const struct xml *all = xml_first(f->reference);
	const struct xml *first = xml_first(all);
	const struct xml *second = xml_next(first);

	if (!xml_is(first, NS_DS, "Transform") || xml_first(first) ||
	    !text_equal(algorithm_of(f, first), SIG_ENVELOPED))
		return refuse(f, "it is not enveloped");
	if (!xml_is(second, NS_DS, "Transform") || xml_next(second) ||
	    !is_exclusive(f, second))
		return refuse(f, "not exclusive canonicalization alone");
	return true;
}

/* SHA-256, -384 and -512 of the empty string: the result of a canonicalization
 * whose error was ignored. */
static bool is_digest_of_nothing(const char *digest)
{
	return text_starts(digest, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NM") ||
	       text_starts(digest, "OLBgp1GsljhM2TJ+sbHjaiH9txEUvgdD") ||
	       text_starts(digest, "z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXc");
}

static bool reference_is_good(const struct form *f)
{
	static const char *const names[] = { "Transforms", "DigestMethod",
		                             "DigestValue" };
	const struct xml *method =
	    xml_child(f->reference, NS_DS, "DigestMethod");
	const char *uri = xml_get(f->arena, f->reference, "URI");
	const char *id = xml_get(f->arena, f->element, "ID");

	if (!has_children(f->reference, names, LENGTH(names), false))
		return refuse(f, "its Reference has another form");
	if (!uri || *uri != '#' || !text_equal(uri + 1, id))
		return refuse(f, "it is about something else");
	if (!is_digest(algorithm_of(f, method)) || xml_first(method))
		return refuse(f, "a digest that we do not take");
	if (is_digest_of_nothing(xml_word(
		f->arena, xml_child(f->reference, NS_DS, "DigestValue"))))
		return refuse(f, "a digest of nothing");
	return transforms_are_good(f);
}

static bool info_is_good(struct form *f)
{
	static const char *const names[] = { "CanonicalizationMethod",
		                             "SignatureMethod", "Reference" };
	const struct xml *method = xml_child(f->info, NS_DS, "SignatureMethod");

	if (!has_children(f->info, names, LENGTH(names), false))
		return refuse(f, "its SignedInfo has another form");
	f->algorithm = find_algorithm(algorithm_of(f, method));
	if (!f->algorithm || xml_first(method))
		return refuse(f, "an algorithm that we do not take");
	if (!is_exclusive(f, xml_first(f->info)))
		return refuse(f, "another canonicalization");
	return true;
}

/* SAML Core 5.4.2 to 5.4.4: one Reference, to the parent element, and only the
 * allowed children in schema order. */
static bool form_is_good(struct form *f)
{
	static const char *const names[] = { "SignedInfo", "SignatureValue",
		                             "KeyInfo" };

	f->signature = xml_child(f->element, NS_DS, "Signature");
	if (!f->signature || xml_again(f->signature))
		return refuse(f, "not exactly one");
	if (!has_children(f->signature, names, LENGTH(names), true))
		return refuse(f, "it has another form");
	f->info = xml_first(f->signature);
	f->reference = xml_child(f->info, NS_DS, "Reference");
	return info_is_good(f) && reference_is_good(f);
}

/* ---- xmlsec with restricted transforms ---- */

static bool allow(xmlSecDSigCtxPtr check)
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
	bool good = true;

	check->enabledReferenceUris = xmlSecTransformUriTypeSameDocument;
	for (size_t i = 0; i < LENGTH(for_reference); i++)
		good = good && xmlSecDSigCtxEnableReferenceTransform(
				   check, for_reference[i]) >= 0;
	for (size_t i = 0; i < LENGTH(for_signature); i++)
		good = good && xmlSecDSigCtxEnableSignatureTransform(
				   check, for_signature[i]) >= 0;
	/* An empty list would allow every kind of key data; KeyInfo is not
	 * read if signKey is set. */
	return good && xmlSecPtrListAdd(&check->keyInfoReadCtx.enabledKeyData,
	                                (xmlSecPtr)xmlSecKeyDataNameId) >= 0;
}

/* xmlSecDSigCtxVerify returns 0 also for an invalid signature: the result is in
 * status. */
static bool verifies(const struct form *f, const struct sign_key *key)
{
	own(release_check) xmlSecDSigCtxPtr check = xmlSecDSigCtxCreate(NULL);

	if (!check || !allow(check))
		return false;
	check->signKey = xmlSecKeyDuplicate(key->key);
	if (!check->signKey)
		return false;
	return xmlSecDSigCtxVerify(check, (xmlNodePtr)f->signature) == 0 &&
	       check->status == xmlSecDSigStatusSucceeded &&
	       xmlSecPtrListGetSize(&check->signedInfoReferences) == 1;
}

/* Registers the element's ID; lib/xml has checked that IDs are unique. */
static bool name_element(const struct form *f)
{
	xmlNodePtr node = (xmlNodePtr)f->element;
	xmlAttrPtr attribute = xmlHasProp(node, (const xmlChar *)"ID");
	const char *id = xml_get(f->arena, f->element, "ID");

	if (!attribute || !id)
		return false;
	if (!xmlGetID(node->doc, (const xmlChar *)id))
		xmlAddID(NULL, node->doc, (const xmlChar *)id, attribute);
	return xmlGetID(node->doc, (const xmlChar *)id) == attribute;
}

bool sign_check_element(struct arena *a, const struct xml *element,
                        struct sign_key *const *keys, size_t count,
                        struct fault *why)
{
	struct form f = { .arena = a, .element = element, .why = why };

	if (!make_ready(why) || !form_is_good(&f))
		return false;
	if (!name_element(&f))
		return refuse(&f, "no ID of its own");
	for (size_t i = 0; i < count; i++)
		if (keys[i]->is_rsa == f.algorithm->is_rsa &&
		    verifies(&f, keys[i]))
			return true;
	return refuse(&f, "none of the service's keys made it");
}

/* ---- octets ---- */

/* XML Signature 6.4.3: an ECDSA value is r and s concatenated, each as long as
 * the curve's order; OpenSSL requires DER. */
static bool halves_to_der(const struct sign_key *key,
                          const unsigned char *signature, size_t length,
                          unsigned char **ret_der, size_t *ret_length)
{
	const int half = (EVP_PKEY_get_bits(key->bare) + 7) / 8;
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

static bool octets_verify(const struct sign_key *key,
                          const struct algorithm *by, const char *octets,
                          const unsigned char *signature, size_t length)
{
	own(release_der) unsigned char *der = NULL;

	if (!key->is_rsa) {
		if (!halves_to_der(key, signature, length, &der, &length))
			return false;
		signature = der;
	}
	own(release_digest) EVP_MD_CTX *digest = EVP_MD_CTX_new();

	return digest &&
	       EVP_DigestVerifyInit_ex(digest, NULL, by->digest, NULL, NULL,
	                               key->bare, NULL) == 1 &&
	       EVP_DigestVerify(digest, signature, length,
	                        (const unsigned char *)octets,
	                        strlen(octets)) == 1;
}

bool sign_check_octets(const char *octets, const char *algorithm,
                       const unsigned char *signature, size_t length,
                       struct sign_key *const *keys, size_t count,
                       struct fault *why)
{
	const struct algorithm *by = find_algorithm(algorithm);

	if (!by)
		return gate_refuse(why, "a SigAlg that we do not take");
	for (size_t i = 0; i < count; i++)
		if (keys[i]->is_rsa == by->is_rsa &&
		    octets_verify(keys[i], by, octets, signature, length))
			return true;
	return gate_refuse(why,
	                   "none of the service's keys made this Signature");
}

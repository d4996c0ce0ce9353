/* SPDX-License-Identifier: AGPL-3.0-or-later
 * key_crypto.c: generates, parses and uses keys with OpenSSL, RS256 and ES256
 * (RFC 7518 3.3, 3.4). RSA has 2,048 bits: a signature with 3,072 costs six
 * times as much on OpenSSL 3.0, and ES256 offers more strength at less
 * cost. */
#include "idp/signer/key_crypto.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "lib/base64.h"
#include "lib/jwk_thumbprint.h"
#include "lib/random.h"
#include "lib/strbuf.h"

enum { RSA_BITS = 2048, EC_BYTES = 32, CERTIFICATE_DAYS = 3653 };

DEFINE_CLEANUP(release_pkey, EVP_PKEY *, EVP_PKEY_free)
DEFINE_CLEANUP(release_bio, BIO *, BIO_free)
DEFINE_CLEANUP(release_x509, X509 *, X509_free)
DEFINE_CLEANUP(release_bn, BIGNUM *, BN_free)
DEFINE_CLEANUP(release_md, EVP_MD_CTX *, EVP_MD_CTX_free)
DEFINE_CLEANUP(release_ecdsa, ECDSA_SIG *, ECDSA_SIG_free)

static bool key_crypto_error(struct error *err, const char *what)
{
	return error_set(err, ERROR_UNAVAILABLE, "OpenSSL: %s", what);
}

/* ---- generate */

static EVP_PKEY *key_generate(const char *alg)
{
	return text_equal(alg, "ES256")
	           ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256")
	           : EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)RSA_BITS);
}

/* SAML metadata needs a certificate to carry the key; its other fields are not
 * evaluated. */
static bool key_self_sign(X509 *c, EVP_PKEY *pkey, const char *subject)
{
	unsigned char serial[16];
	X509_NAME *name = X509_get_subject_name(c);
	own(release_bn) BIGNUM *number = NULL;

	random_bytes(serial, sizeof(serial));
	serial[0] &= 0x7f;
	number = BN_bin2bn(serial, sizeof(serial), NULL);
	return number && X509_set_version(c, X509_VERSION_3) &&
	       BN_to_ASN1_INTEGER(number, X509_get_serialNumber(c)) &&
	       X509_gmtime_adj(X509_getm_notBefore(c), -24 * 3600L) &&
	       X509_time_adj_ex(X509_getm_notAfter(c), CERTIFICATE_DAYS, 0,
	                        NULL) &&
	       X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
	                                  (const unsigned char *)subject, -1,
	                                  -1, 0) &&
	       X509_set_issuer_name(c, name) && X509_set_pubkey(c, pkey) &&
	       X509_sign(c, pkey, EVP_sha256()) > 0;
}

static bool key_write_certificate(BIO *out, EVP_PKEY *pkey, const char *subject)
{
	own(release_x509) X509 *c = X509_new();

	return c && key_self_sign(c, pkey, subject) &&
	       PEM_write_bio_X509(out, c);
}

bool key_create(struct arena *a, const char *alg, const char *subject,
                char **ret_pem, struct error *err)
{
	own(release_pkey) EVP_PKEY *pkey = key_generate(alg);
	own(release_bio) BIO *out = BIO_new(BIO_s_secmem());
	char *bytes = NULL;

	if (!pkey || !out)
		return key_crypto_error(err, "key generation failed");
	if (!PEM_write_bio_PKCS8PrivateKey(out, pkey, NULL, NULL, 0, NULL,
	                                   NULL))
		return key_crypto_error(err, "key encoding failed");
	if (subject && !key_write_certificate(out, pkey, subject))
		return key_crypto_error(err, "certificate creation failed");
	long length = BIO_get_mem_data(out, &bytes);

	*ret_pem = arena_memdup(a, bytes, (size_t)length);
	return true;
}

/* ---- parse */

static bool key_number_base64url(struct arena *a, const EVP_PKEY *pkey,
                                 const char *name, int width,
                                 const char **ret_text)
{
	own(release_bn) BIGNUM *number = NULL;
	unsigned char bytes[1024];

	if (!EVP_PKEY_get_bn_param(pkey, name, &number))
		return false;
	if (width == 0)
		width = BN_num_bytes(number);
	if (width > (int)sizeof(bytes) ||
	    BN_bn2binpad(number, bytes, width) != width)
		return false;
	*ret_text = base64url_encode(a, bytes, (size_t)width);
	return true;
}

static bool key_describe_rsa(struct arena *a, struct key *k)
{
	const char *n, *e;

	if (!key_number_base64url(a, k->pkey, OSSL_PKEY_PARAM_RSA_N, 0, &n) ||
	    !key_number_base64url(a, k->pkey, OSSL_PKEY_PARAM_RSA_E, 0, &e))
		return false;
	k->kid = jwk_thumbprint(a, js_own(a, json_pack("{s:s, s:s, s:s}", "kty",
	                                               "RSA", "e", e, "n", n)));
	k->alg = "RS256";
	k->jwk = arena_printf(a,
	                      "{\"alg\":\"RS256\",\"e\":\"%s\",\"kid\":\"%s\","
	                      "\"kty\":\"RSA\",\"n\":\"%s\",\"use\":\"sig\"}",
	                      e, k->kid, n);
	return true;
}

static bool key_describe_ec(struct arena *a, struct key *k)
{
	const char *x, *y;

	if (!key_number_base64url(a, k->pkey, OSSL_PKEY_PARAM_EC_PUB_X,
	                          EC_BYTES, &x) ||
	    !key_number_base64url(a, k->pkey, OSSL_PKEY_PARAM_EC_PUB_Y,
	                          EC_BYTES, &y))
		return false;
	k->kid = jwk_thumbprint(
	    a, js_own(a, json_pack("{s:s, s:s, s:s, s:s}", "kty", "EC", "crv",
	                           "P-256", "x", x, "y", y)));
	k->alg = "ES256";
	k->jwk = arena_printf(
	    a,
	    "{\"alg\":\"ES256\",\"crv\":\"P-256\",\"kid\":\"%s\","
	    "\"kty\":\"EC\",\"use\":\"sig\",\"x\":\"%s\",\"y\":\"%s\"}",
	    k->kid, x, y);
	return true;
}

static bool key_describe(struct arena *a, struct key *k)
{
	char group[64] = "";

	if (EVP_PKEY_is_a(k->pkey, "RSA") &&
	    EVP_PKEY_get_bits(k->pkey) >= RSA_BITS)
		return key_describe_rsa(a, k);
	if (!EVP_PKEY_is_a(k->pkey, "EC") ||
	    !EVP_PKEY_get_group_name(k->pkey, group, sizeof(group), NULL) ||
	    !text_equal(group, "prime256v1"))
		return false;
	return key_describe_ec(a, k);
}

/* Returns false if the certificate belongs to another key. */
static bool key_read_certificate(struct arena *a, BIO *in, struct key *k)
{
	own(release_x509) X509 *c = PEM_read_bio_X509(in, NULL, NULL, NULL);
	unsigned char *der = NULL;

	if (!c)
		return true;
	int length = i2d_X509(c, &der);

	if (length <= 0)
		return false;
	k->certificate = base64_encode(a, der, (size_t)length);
	OPENSSL_free(der);
	return X509_check_private_key(c, k->pkey) == 1;
}

bool key_parse(struct arena *a, const char *pem, struct key *ret_key,
               struct error *err)
{
	own(release_bio) BIO *in = BIO_new_mem_buf(pem, -1);
	own(release_pkey) EVP_PKEY *pkey = NULL;
	struct key k = { 0 };

	if (in)
		pkey = PEM_read_bio_PrivateKey(in, NULL, NULL, NULL);
	if (!pkey)
		return error_set(err, ERROR_INVALID, "not a private key");
	k.pkey = pkey;
	if (!key_describe(a, &k))
		return error_set(err, ERROR_INVALID,
		                 "key is not RSA of %d bits or P-256",
		                 RSA_BITS);
	if (!key_read_certificate(a, in, &k))
		return error_set(err, ERROR_INVALID,
		                 "certificate does not match the key");
	pkey = NULL;
	*ret_key = k;
	return true;
}

char *key_public_pem(struct arena *a, const struct key *k)
{
	BIO *out = BIO_new(BIO_s_mem());
	char *bytes = NULL, *pem = NULL;

	if (out && PEM_write_bio_PUBKEY(out, k->pkey)) {
		long length = BIO_get_mem_data(out, &bytes);

		pem = arena_memdup(a, bytes, (size_t)length);
	}
	BIO_free(out);
	return pem;
}

/* ---- sign */

static bool key_signature_from_der(const unsigned char *der, size_t length,
                                   unsigned char ret_rs[2 * EC_BYTES])
{
	own(release_ecdsa) ECDSA_SIG *pair =
	    d2i_ECDSA_SIG(NULL, &der, (long)length);

	return pair &&
	       BN_bn2binpad(ECDSA_SIG_get0_r(pair), ret_rs, EC_BYTES) ==
	           EC_BYTES &&
	       BN_bn2binpad(ECDSA_SIG_get0_s(pair), ret_rs + EC_BYTES,
	                    EC_BYTES) == EC_BYTES;
}

bool key_sign(struct arena *a, const struct key *k, const void *bytes,
              size_t length, unsigned char **ret_signature, size_t *ret_length,
              struct error *err)
{
	own(release_md) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t signature_length = (size_t)EVP_PKEY_get_size(k->pkey);
	unsigned char *signature = arena_alloc(a, signature_length);

	if (!ctx ||
	    EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, k->pkey) != 1)
		return key_crypto_error(err, "signature initialization failed");
	if (EVP_DigestSign(ctx, signature, &signature_length, bytes, length) !=
	    1)
		return key_crypto_error(err, "signing failed");
	if (text_equal(k->alg, "ES256")) {
		unsigned char *rs = arena_alloc(a, 2 * EC_BYTES);

		if (!key_signature_from_der(signature, signature_length, rs))
			return key_crypto_error(
			    err, "signature has an unexpected format");
		signature = rs;
		signature_length = 2 * EC_BYTES;
	}
	*ret_signature = signature;
	*ret_length = signature_length;
	return true;
}

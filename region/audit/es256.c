/* SPDX-License-Identifier: AGPL-3.0-or-later
 * es256.c: parses P-256 keys and verifies ES256 signatures with OpenSSL. */
#include "region/audit/es256.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/param_build.h>
#include <string.h>

#include "lib/base64.h"
#include "lib/strbuf.h"

enum { HALF = 32, POINT = 1 + 2 * HALF, UNCOMPRESSED = 4 };

DEFINE_CLEANUP(release_pkey, EVP_PKEY *, EVP_PKEY_free)
DEFINE_CLEANUP(release_pkey_ctx, EVP_PKEY_CTX *, EVP_PKEY_CTX_free)
DEFINE_CLEANUP(release_md, EVP_MD_CTX *, EVP_MD_CTX_free)
DEFINE_CLEANUP(release_ecdsa, ECDSA_SIG *, ECDSA_SIG_free)

/* ---- JWK */

bool jwk_is_private(const json_t *jwk)
{
	static const char *const members[] = { "d",  "p",  "q",   "dp",
		                               "dq", "qi", "oth", "k" };

	for (size_t i = 0; i < LENGTH(members); i++)
		if (json_object_get(jwk, members[i]))
			return true;
	return false;
}

static bool jwk_coordinate(struct arena *a, const json_t *jwk, const char *name,
                           unsigned char ret[HALF])
{
	const char *encoded = js_string(jwk, name);
	unsigned char *bytes;
	size_t length;

	if (!encoded ||
	    !base64url_decode(a, encoded, strlen(encoded), &bytes, &length) ||
	    length != HALF)
		return false;
	memcpy(ret, bytes, HALF);
	return true;
}

static EVP_PKEY *p256_public_key(unsigned char point[POINT])
{
	char group[] = "prime256v1";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
		                                 group, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
		                                  point, POINT),
		OSSL_PARAM_construct_end(),
	};
	own(release_pkey_ctx) EVP_PKEY_CTX *make =
	    EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *pkey = NULL;

	if (!make || EVP_PKEY_fromdata_init(make) != 1 ||
	    EVP_PKEY_fromdata(make, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
		return NULL;
	own(release_pkey_ctx) EVP_PKEY_CTX *check =
	    EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	if (check && EVP_PKEY_public_check(check) == 1)
		return pkey;
	EVP_PKEY_free(pkey);
	return NULL;
}

static void es256_free_pkey(void *pkey)
{
	EVP_PKEY_free(pkey);
}

bool jwk_parse_p256(struct arena *a, const json_t *jwk, EVP_PKEY **ret_pkey,
                    struct error *err)
{
	unsigned char point[POINT] = { UNCOMPRESSED };

	if (jwk_is_private(jwk))
		return error_set(err, ERROR_INVALID,
		                 "JWK contains a private key; only public keys "
		                 "are accepted");
	if (!text_equal(js_string(jwk, "kty"), "EC") ||
	    !text_equal(js_string(jwk, "crv"), "P-256") ||
	    !jwk_coordinate(a, jwk, "x", point + 1) ||
	    !jwk_coordinate(a, jwk, "y", point + 1 + HALF))
		return error_set(err, ERROR_INVALID, "JWK is not a P-256 key");
	EVP_PKEY *pkey = p256_public_key(point);

	if (!pkey)
		return error_set(err, ERROR_INVALID,
		                 "x and y are not a point on P-256");
	*ret_pkey = arena_own(a, pkey, es256_free_pkey);
	return true;
}

/* ---- signatures */

/* OpenSSL requires the signature in DER (ECDSA-Sig-Value, RFC 3279 2.2.3). */
static int es256_signature_to_der(struct arena *a, const unsigned char *rs,
                                  unsigned char **ret_der)
{
	own(release_ecdsa) ECDSA_SIG *pair = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(rs, HALF, NULL);
	BIGNUM *s = BN_bin2bn(rs + HALF, HALF, NULL);
	unsigned char *der = arena_alloc(a, 4 * HALF);

	*ret_der = der;
	if (!pair || !r || !s || ECDSA_SIG_set0(pair, r, s) != 1) {
		BN_free(r);
		BN_free(s);
		return 0;
	}
	return i2d_ECDSA_SIG(pair, &der);
}

static bool es256_verify_der(EVP_PKEY *pkey, const char *text,
                             const unsigned char *der, int length)
{
	own(release_md) EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	return ctx && length > 0 &&
	       EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, pkey) == 1 &&
	       EVP_DigestVerify(ctx, der, (size_t)length,
	                        (const unsigned char *)text, strlen(text)) == 1;
}

static bool es256_verify_base64url(struct arena *a, EVP_PKEY *pkey,
                                   const char *text, const char *signature)
{
	unsigned char *rs, *der;
	size_t length;

	if (!pkey || !EVP_PKEY_is_a(pkey, "EC") ||
	    !base64url_decode(a, signature, strlen(signature), &rs, &length) ||
	    length != (size_t)2 * HALF)
		return false;
	int der_length = es256_signature_to_der(a, rs, &der);

	return es256_verify_der(pkey, text, der, der_length);
}

bool es256_verify(EVP_PKEY *pkey, const char *text, const char *signature)
{
	struct arena *a = arena_open();
	bool good = es256_verify_base64url(a, pkey, text, signature);

	arena_close(a);
	return good;
}

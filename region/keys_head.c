/* SPDX-License-Identifier: AGPL-3.0-or-later
 * keys_head.c: signatures of the record's heads, ECDSA over P-256. */
#include "region/keys_head.h"

#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string.h>

#include "lib/base64.h"
#include "lib/own.h"

enum { HALF = 32 };

OWNER(release_bio, BIO *, BIO_free)
OWNER(release_pkey, EVP_PKEY *, EVP_PKEY_free)
OWNER(release_md, EVP_MD_CTX *, EVP_MD_CTX_free)
OWNER(release_ecdsa, ECDSA_SIG *, ECDSA_SIG_free)

/* OpenSSL wants the pair as DER. */
static int to_der(struct arena *a, const unsigned char *rs,
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

static bool verifies(EVP_PKEY *pkey, const char *text, const unsigned char *der,
                     int length)
{
	own(release_md) EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	return ctx && length > 0 &&
	       EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, pkey) == 1 &&
	       EVP_DigestVerify(ctx, der, (size_t)length,
	                        (const unsigned char *)text, strlen(text)) == 1;
}

static bool check(struct arena *a, EVP_PKEY *pkey, const char *head,
                  const char *signature)
{
	unsigned char *rs, *der;
	size_t length;

	if (!pkey || !EVP_PKEY_is_a(pkey, "EC") ||
	    !base64url_read(a, signature, strlen(signature), &rs, &length) ||
	    length != (size_t)2 * HALF)
		return false;
	int der_length = to_der(a, rs, &der);

	return verifies(pkey,
	                arena_print(a, "portvakt record head 1\n%s", head), der,
	                der_length);
}

bool head_is_signed(const char *public_key, const char *head,
                    const char *signature)
{
	own(release_bio) BIO *in = BIO_new_mem_buf(public_key, -1);
	own(release_pkey) EVP_PKEY *pkey =
	    in ? PEM_read_bio_PUBKEY(in, NULL, NULL, NULL) : NULL;
	struct arena *a = arena_open();
	bool good = check(a, pkey, head, signature);

	arena_close(a);
	return good;
}

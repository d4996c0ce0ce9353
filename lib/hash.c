/* SPDX-License-Identifier: AGPL-3.0-or-later
 * hash.c: SHA-256 (FIPS 180-4) and HMAC (RFC 2104) by OpenSSL. They fail only
 * if memory is exhausted, which aborts the process. */
#include "lib/hash.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "lib/base64.h"

static void hash_abort_unless(bool done)
{
	if (!done)
		abort();
}

/* Fetched once: fetching costs more than hashing a short string. */
static EVP_MD *sha256;
static EVP_MAC *hmac;
static pthread_once_t algorithms_once = PTHREAD_ONCE_INIT;

static void hash_fetch_algorithms(void)
{
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	hash_abort_unless(sha256 && hmac);
}

void hash_sha256(const void *bytes, size_t length,
                 unsigned char ret[HASH_SHA256_SIZE])
{
	(void)pthread_once(&algorithms_once, hash_fetch_algorithms);
	hash_abort_unless(EVP_Digest(bytes, length, ret, NULL, sha256, NULL) ==
	                  1);
}

void hash_hmac_sha256(const void *key, size_t key_length, const void *bytes,
                      size_t length, unsigned char ret[HASH_SHA256_SIZE])
{
	char digest_name[] = "SHA256";
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
		                                 digest_name, 0),
		OSSL_PARAM_construct_end(),
	};
	size_t written = 0;

	(void)pthread_once(&algorithms_once, hash_fetch_algorithms);
	EVP_MAC_CTX *c = EVP_MAC_CTX_new(hmac);

	/* With a NULL key OpenSSL would reuse the previous key. */
	hash_abort_unless(key && c &&
	                  EVP_MAC_init(c, key, key_length, params) == 1);
	hash_abort_unless(EVP_MAC_update(c, bytes, length) == 1 &&
	                  EVP_MAC_final(c, ret, &written, HASH_SHA256_SIZE) ==
	                      1 &&
	                  written == HASH_SHA256_SIZE);
	EVP_MAC_CTX_free(c);
}

char *hash_sha256_base64url(struct arena *a, const char *text)
{
	unsigned char digest[HASH_SHA256_SIZE];

	hash_sha256(text, strlen(text), digest);
	return base64url_encode(a, digest, sizeof(digest));
}

char *hash_sha256_hex(struct arena *a, const void *bytes, size_t length)
{
	unsigned char digest[HASH_SHA256_SIZE];

	hash_sha256(bytes, length, digest);
	return hex_encode(a, digest, sizeof(digest));
}

bool hash_equal(const void *x, const void *y, size_t length)
{
	return CRYPTO_memcmp(x, y, length) == 0;
}

bool hash_equal_strings(const char *x, const char *y)
{
	if (!x || !y || strlen(x) != strlen(y))
		return false;
	return hash_equal(x, y, strlen(x));
}

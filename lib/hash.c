/* SPDX-License-Identifier: AGPL-3.0-or-later
 * hash.c: SHA-2 and HMAC out of OpenSSL.  It fails for want of memory alone,
 * and then so do we. */
#include "lib/hash.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "lib/base64.h"

static void must(bool done)
{
	if (!done)
		abort();
}

void hash_sha256(const void *bytes, size_t length,
                 unsigned char ret[HASH_SHA256])
{
	must(EVP_Digest(bytes, length, ret, NULL, EVP_sha256(), NULL) == 1);
}

void hash_hmac(const void *key, size_t key_length, const void *bytes,
               size_t length, unsigned char ret[HASH_SHA256])
{
	/* HMAC() takes a NULL key for "the same as before". */
	must(key && key_length <= INT_MAX);
	must(HMAC(EVP_sha256(), key, (int)key_length, bytes, length, ret,
	          NULL) != NULL);
}

char *hash_text(struct arena *a, const char *text)
{
	unsigned char digest[HASH_SHA256];

	hash_sha256(text, strlen(text), digest);
	return base64url_write(a, digest, sizeof(digest));
}

char *hash_hex(struct arena *a, const void *bytes, size_t length)
{
	unsigned char digest[HASH_SHA256];

	hash_sha256(bytes, length, digest);
	return hex_write(a, digest, sizeof(digest));
}

bool hash_equal(const void *x, const void *y, size_t length)
{
	return CRYPTO_memcmp(x, y, length) == 0;
}

bool hash_same_text(const char *x, const char *y)
{
	if (!x || !y || strlen(x) != strlen(y))
		return false;
	return hash_equal(x, y, strlen(x));
}

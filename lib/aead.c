/* SPDX-License-Identifier: AGPL-3.0-or-later
 * aead.c: authenticated encryption of small values with AES-256-GCM. Nonces are
 * random, which is sound for 2^32 values per key (NIST SP 800-38D, 8.3). */
#include "lib/aead.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "lib/base64.h"
#include "lib/cleanup.h"
#include "lib/hash.h"
#include "lib/random.h"

enum { AEAD_VERSION = 1, AEAD_NONCE_SIZE = 12, AEAD_TAG_SIZE = 16 };

/* Layout: header, ciphertext, tag. */
enum {
	AEAD_ID_OFFSET = 1,
	AEAD_NONCE_OFFSET = AEAD_ID_OFFSET + AEAD_KEY_ID_SIZE,
	AEAD_HEADER_SIZE = AEAD_NONCE_OFFSET + AEAD_NONCE_SIZE
};

DEFINE_CLEANUP(free_cipher, EVP_CIPHER_CTX *, EVP_CIPHER_CTX_free)

static void aead_abort_unless(bool done)
{
	if (!done)
		abort();
}

struct aead_key aead_key_from_bytes(const unsigned char bytes[AEAD_KEY_SIZE])
{
	static const char label[] = "portvakt seal key id";
	unsigned char mac[HASH_SHA256_SIZE];
	struct aead_key key;

	hash_hmac_sha256(bytes, AEAD_KEY_SIZE, label, strlen(label), mac);
	memcpy(key.id, mac, AEAD_KEY_ID_SIZE);
	memcpy(key.bytes, bytes, AEAD_KEY_SIZE);
	return key;
}

/* The header and the purpose are additional authenticated data. */
static bool aead_add_associated_data(EVP_CIPHER_CTX *c,
                                     const unsigned char *header,
                                     const char *purpose)
{
	int unused;

	return EVP_CipherUpdate(c, NULL, &unused, header, AEAD_HEADER_SIZE) ==
	           1 &&
	       EVP_CipherUpdate(c, NULL, &unused,
	                        (const unsigned char *)purpose,
	                        (int)strlen(purpose)) == 1;
}

static bool aead_begin(EVP_CIPHER_CTX *c, const struct aead_key *key,
                       const unsigned char *header, const char *purpose,
                       bool encrypt)
{
	return EVP_CipherInit_ex(c, EVP_aes_256_gcm(), NULL, key->bytes,
	                         header + AEAD_NONCE_OFFSET, encrypt) == 1 &&
	       aead_add_associated_data(c, header, purpose);
}

char *aead_encrypt(struct arena *a, const struct aead_key *key,
                   const char *purpose, const void *bytes, size_t length)
{
	own(free_cipher) EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	unsigned char *out =
	    arena_alloc(a, AEAD_HEADER_SIZE + length + AEAD_TAG_SIZE);
	int written = 0, last = 0;

	assert(length <= AEAD_MAX_PLAINTEXT);
	out[0] = AEAD_VERSION;
	memcpy(out + AEAD_ID_OFFSET, key->id, AEAD_KEY_ID_SIZE);
	random_bytes(out + AEAD_NONCE_OFFSET, AEAD_NONCE_SIZE);
	aead_abort_unless(c && aead_begin(c, key, out, purpose, true));
	aead_abort_unless(EVP_CipherUpdate(c, out + AEAD_HEADER_SIZE, &written,
	                                   bytes, (int)length) == 1);
	aead_abort_unless(EVP_CipherFinal_ex(
			      c, out + AEAD_HEADER_SIZE + written, &last) == 1);
	aead_abort_unless(
	    EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, AEAD_TAG_SIZE,
	                        out + AEAD_HEADER_SIZE + length) == 1);
	return base64url_encode(a, out,
	                        AEAD_HEADER_SIZE + length + AEAD_TAG_SIZE);
}

static const struct aead_key *aead_find_key(const struct aead_key *keys,
                                            size_t count,
                                            const unsigned char *id)
{
	for (size_t i = 0; i < count; i++)
		if (memcmp(keys[i].id, id, AEAD_KEY_ID_SIZE) == 0)
			return &keys[i];
	return NULL;
}

/* Returns true if the tag verifies; only then the plaintext may be used. */
static bool aead_decrypt_with(const struct aead_key *key, const char *purpose,
                              unsigned char *sealed, size_t length,
                              unsigned char *out)
{
	own(free_cipher) EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int written = 0, last = 0;

	if (!c || !aead_begin(c, key, sealed, purpose, false))
		return false;
	if (EVP_CipherUpdate(c, out, &written, sealed + AEAD_HEADER_SIZE,
	                     (int)length) != 1)
		return false;
	if (EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, AEAD_TAG_SIZE,
	                        sealed + AEAD_HEADER_SIZE + length) != 1)
		return false;
	return EVP_CipherFinal_ex(c, out + written, &last) == 1;
}

static bool aead_decrypt_any(struct arena *a, const struct aead_key *keys,
                             size_t count, const char *purpose,
                             const char *text, unsigned char **ret_bytes,
                             size_t *ret_length)
{
	size_t text_length = text ? strlen(text) : 0, length;
	unsigned char *sealed;

	if (text_length == 0 ||
	    text_length >
	        (AEAD_MAX_PLAINTEXT + AEAD_HEADER_SIZE + AEAD_TAG_SIZE) * 4UL /
	                3 +
	            4)
		return false;
	if (!base64url_decode(a, text, text_length, &sealed, &length))
		return false;
	if (length < AEAD_HEADER_SIZE + AEAD_TAG_SIZE ||
	    sealed[0] != AEAD_VERSION)
		return false;
	const struct aead_key *key =
	    aead_find_key(keys, count, sealed + AEAD_ID_OFFSET);
	unsigned char *out = arena_alloc(a, length);

	length -= AEAD_HEADER_SIZE + AEAD_TAG_SIZE;
	if (!key || !aead_decrypt_with(key, purpose, sealed, length, out))
		return false;
	out[length] = '\0';
	*ret_bytes = out;
	*ret_length = length;
	return true;
}

bool aead_decrypt(struct arena *a, const struct aead_key *keys, size_t count,
                  const char *purpose, const char *text,
                  unsigned char **ret_bytes, size_t *ret_length,
                  struct error *err)
{
	if (!aead_decrypt_any(a, keys, count, purpose, text, ret_bytes,
	                      ret_length))
		return error_set(
		    err, ERROR_INVALID,
		    "decryption of %s failed: wrong key or modified data",
		    purpose);
	return true;
}

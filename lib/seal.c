/* SPDX-License-Identifier: AGPL-3.0-or-later
 * aead.c: authenticated encryption of small values with AES-256-GCM. Nonces are
 * random, which is sound for 2^32 values per key (NIST SP 800-38D, 8.3). */
#include "lib/seal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "lib/base64.h"
#include "lib/hash.h"
#include "lib/own.h"
#include "lib/random.h"

enum { VERSION = 1, NONCE = 12, TAG = 16 };

/* Layout: header, ciphertext, tag. */
enum { AT_ID = 1, AT_NONCE = AT_ID + SEAL_KEY_ID, HEAD = AT_NONCE + NONCE };

OWNER(free_cipher, EVP_CIPHER_CTX *, EVP_CIPHER_CTX_free)

static void must(bool done)
{
	if (!done)
		abort();
}

struct seal_key seal_key(const unsigned char bytes[SEAL_KEY])
{
	static const char label[] = "portvakt seal key id";
	unsigned char mac[HASH_SHA256];
	struct seal_key key;

	hash_hmac(bytes, SEAL_KEY, label, strlen(label), mac);
	memcpy(key.id, mac, SEAL_KEY_ID);
	memcpy(key.bytes, bytes, SEAL_KEY);
	return key;
}

/* The header and the purpose are additional authenticated data. */
static bool add_head(EVP_CIPHER_CTX *c, const unsigned char *head,
                     const char *purpose)
{
	int unused;

	return EVP_CipherUpdate(c, NULL, &unused, head, HEAD) == 1 &&
	       EVP_CipherUpdate(c, NULL, &unused,
	                        (const unsigned char *)purpose,
	                        (int)strlen(purpose)) == 1;
}

static bool begin(EVP_CIPHER_CTX *c, const struct seal_key *key,
                  const unsigned char *head, const char *purpose, bool closing)
{
	return EVP_CipherInit_ex(c, EVP_aes_256_gcm(), NULL, key->bytes,
	                         head + AT_NONCE, closing) == 1 &&
	       add_head(c, head, purpose);
}

char *seal_close(struct arena *a, const struct seal_key *key,
                 const char *purpose, const void *bytes, size_t length)
{
	own(free_cipher) EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	unsigned char *out = arena_alloc(a, HEAD + length + TAG);
	int written = 0, last = 0;

	assert(length <= SEAL_MOST);
	out[0] = VERSION;
	memcpy(out + AT_ID, key->id, SEAL_KEY_ID);
	random_bytes(out + AT_NONCE, NONCE);
	must(c && begin(c, key, out, purpose, true));
	must(EVP_CipherUpdate(c, out + HEAD, &written, bytes, (int)length) ==
	     1);
	must(EVP_CipherFinal_ex(c, out + HEAD + written, &last) == 1);
	must(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, TAG,
	                         out + HEAD + length) == 1);
	return base64url_write(a, out, HEAD + length + TAG);
}

static const struct seal_key *find_key(const struct seal_key *keys,
                                       size_t count, const unsigned char *id)
{
	for (size_t i = 0; i < count; i++)
		if (memcmp(keys[i].id, id, SEAL_KEY_ID) == 0)
			return &keys[i];
	return NULL;
}

/* The plaintext is used only after the tag is verified. */
static bool open_with(const struct seal_key *key, const char *purpose,
                      unsigned char *sealed, size_t length, unsigned char *out)
{
	own(free_cipher) EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int written = 0, last = 0;

	if (!c || !begin(c, key, sealed, purpose, false))
		return false;
	if (EVP_CipherUpdate(c, out, &written, sealed + HEAD, (int)length) != 1)
		return false;
	if (EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, TAG,
	                        sealed + HEAD + length) != 1)
		return false;
	return EVP_CipherFinal_ex(c, out + written, &last) == 1;
}

static bool open_any(struct arena *a, const struct seal_key *keys, size_t count,
                     const char *purpose, const char *text,
                     unsigned char **ret_bytes, size_t *ret_length)
{
	size_t letters = text ? strlen(text) : 0, length;
	unsigned char *sealed;

	if (letters == 0 || letters > (SEAL_MOST + HEAD + TAG) * 4UL / 3 + 4)
		return false;
	if (!base64url_read(a, text, letters, &sealed, &length))
		return false;
	if (length < HEAD + TAG || sealed[0] != VERSION)
		return false;
	const struct seal_key *key = find_key(keys, count, sealed + AT_ID);
	unsigned char *out = arena_alloc(a, length);

	length -= HEAD + TAG;
	if (!key || !open_with(key, purpose, sealed, length, out))
		return false;
	out[length] = '\0';
	*ret_bytes = out;
	*ret_length = length;
	return true;
}

bool seal_open(struct arena *a, const struct seal_key *keys, size_t count,
               const char *purpose, const char *sealed,
               unsigned char **ret_bytes, size_t *ret_length, struct fault *why)
{
	if (!open_any(a, keys, count, purpose, sealed, ret_bytes, ret_length))
		return fault(why, FAULT_INVALID, "the sealed %s does not open",
		             purpose);
	return true;
}

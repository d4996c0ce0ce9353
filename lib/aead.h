/* SPDX-License-Identifier: AGPL-3.0-or-later
 * aead.h: authenticated encryption of small values with AES-256-GCM. The header
 * holds a key id, so that keys can be rotated while older values still
 * decrypt. */
#ifndef LIB_AEAD_H
#define LIB_AEAD_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/error.h"

enum {
	AEAD_KEY_SIZE = 32,
	AEAD_KEY_ID_SIZE = 4,
	AEAD_MAX_PLAINTEXT = 64 * 1024
};

struct aead_key {
	unsigned char id[AEAD_KEY_ID_SIZE]; /* derived from the key */
	unsigned char bytes[AEAD_KEY_SIZE];
};

/* Returns the key with its id, which is an HMAC of the key. */
struct aead_key aead_key_from_bytes(const unsigned char bytes[AEAD_KEY_SIZE]);

/* Returns version, key id, nonce, ciphertext and tag as base64url, owned by the
 * arena. The purpose, such as "national-id", is additional authenticated data:
 * decryption needs the same one. length is at most AEAD_MAX_PLAINTEXT. */
char *aead_encrypt(struct arena *a, const struct aead_key *key,
                   const char *purpose, const void *bytes, size_t length);

/* Decrypts text, a result of aead_encrypt, with the one of keys that has its
 * key id. Returns the plaintext, NUL-terminated and owned by the arena. On
 * error ERROR_INVALID: text is malformed, no key has its id, or key, purpose or
 * data do not match; the error text is the same in all cases. */
bool aead_decrypt(struct arena *a, const struct aead_key *keys, size_t count,
                  const char *purpose, const char *text,
                  unsigned char **ret_bytes, size_t *ret_length,
                  struct error *err) must_check;

#endif

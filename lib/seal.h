/* SPDX-License-Identifier: AGPL-3.0-or-later
 * aead.h: authenticated encryption of small values with AES-256-GCM. The header
 * holds a key id, so that keys can be rotated while older values still
 * decrypt. */
#ifndef LIB_SEAL_H
#define LIB_SEAL_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/fault.h"

enum { SEAL_KEY = 32, SEAL_KEY_ID = 4, SEAL_MOST = 64 * 1024 };

struct seal_key {
	unsigned char id[SEAL_KEY_ID]; /* derived from the key */
	unsigned char bytes[SEAL_KEY];
};

struct seal_key seal_key(const unsigned char bytes[SEAL_KEY]);

/* Returns version, key id, nonce, ciphertext and tag as base64url. The purpose
 * ("ticket", "national-id") is authenticated: decryption needs the same one. */
char *seal_close(struct arena *a, const struct seal_key *key,
                 const char *purpose, const void *bytes, size_t length);

/* Returns the plaintext, NUL-terminated and owned by the arena. Error INVALID,
 * with the same text in all cases, unless one of the keys encrypted the value
 * for that purpose. */
bool seal_open(struct arena *a, const struct seal_key *keys, size_t count,
               const char *purpose, const char *sealed,
               unsigned char **ret_bytes, size_t *ret_length,
               struct fault *why) must_check;

#endif

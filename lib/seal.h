/* SPDX-License-Identifier: AGPL-3.0-or-later
 * seal.h: small texts closed with AES-256-GCM, so that whoever carries them
 * can neither read nor change them.  A sealed text names its key, so that
 * keys may be changed while old texts still open. */
#ifndef LIB_SEAL_H
#define LIB_SEAL_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/fault.h"

enum { SEAL_KEY = 32, SEAL_KEY_ID = 4, SEAL_MOST = 64 * 1024 };

struct seal_key {
	unsigned char id[SEAL_KEY_ID]; /* made from the bytes */
	unsigned char bytes[SEAL_KEY];
};

struct seal_key seal_key(const unsigned char bytes[SEAL_KEY]);

/* Version, key id, nonce, ciphertext and tag as base64url.  Opens for the
 * same purpose only ("ticket", "national-id"). */
char *seal_close(struct arena *a, const struct seal_key *key,
                 const char *purpose, const void *bytes, size_t length);

/* INVALID, with one and the same text whatever was wrong, unless one of the
 * keys closed it for that purpose.  A NUL stands behind the bytes. */
bool seal_open(struct arena *a, const struct seal_key *keys, size_t count,
               const char *purpose, const char *sealed,
               unsigned char **ret_bytes, size_t *ret_length,
               struct fault *why) must_check;

#endif

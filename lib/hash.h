/* SPDX-License-Identifier: AGPL-3.0-or-later
 * hash.h: SHA-2 and HMAC, and equality that tells nothing by its time. */
#ifndef LIB_HASH_H
#define LIB_HASH_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"

enum { HASH_SHA1 = 20, HASH_SHA256 = 32 };

void hash_sha256(const void *bytes, size_t length,
                 unsigned char ret[HASH_SHA256]);
void hash_hmac(const void *key, size_t key_length, const void *bytes,
               size_t length, unsigned char ret[HASH_SHA256]);

/* SHA-256 as 43 base64url characters, and as 64 hex digits. */
char *hash_text(struct arena *a, const char *text);
char *hash_hex(struct arena *a, const void *bytes, size_t length);

/* In constant time for equal lengths. */
bool hash_equal(const void *x, const void *y, size_t length);
bool hash_same_text(const char *x, const char *y);

#endif

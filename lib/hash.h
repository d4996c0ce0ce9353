/* SPDX-License-Identifier: AGPL-3.0-or-later
 * hash.h: SHA-256, HMAC-SHA-256 and comparison in constant time. */
#ifndef LIB_HASH_H
#define LIB_HASH_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"

enum { HASH_SHA256_SIZE = 32 };

void hash_sha256(const void *bytes, size_t length,
                 unsigned char ret[HASH_SHA256_SIZE]);
void hash_hmac_sha256(const void *key, size_t key_length, const void *bytes,
                      size_t length, unsigned char ret[HASH_SHA256_SIZE]);

/* Return SHA-256 of the value as 43 base64url characters, or as 64 hexadecimal
 * digits; owned by the arena. */
char *hash_sha256_base64url(struct arena *a, const char *text);
char *hash_sha256_hex(struct arena *a, const void *bytes, size_t length);

/* Return whether the values are equal, in constant time for equal lengths. */
bool hash_equal(const void *x, const void *y, size_t length);
bool hash_equal_strings(const char *x, const char *y);

#endif

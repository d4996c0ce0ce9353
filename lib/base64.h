/* SPDX-License-Identifier: AGPL-3.0-or-later
 * base64.h: strict base64 and base64url (RFC 4648 sections 4 and 5),
 * hexadecimal. */
#ifndef LIB_BASE64_H
#define LIB_BASE64_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"

/* Return the encoded bytes as a string owned by the arena: base64_encode with
 * padding, base64url_encode without, hex_encode in lower case. */
char *base64_encode(struct arena *a, const void *bytes, size_t length);
char *base64url_encode(struct arena *a, const void *bytes, size_t length);
char *hex_encode(struct arena *a, const void *bytes, size_t length);

/* Decode into a value owned by the arena. Return false for a character outside
 * the alphabet, wrong padding or unused bits that are not zero (section 3.5).
 * base64_decode skips line breaks (SAML, MIME); base64url_decode accepts
 * neither padding nor white space. */
bool base64_decode(struct arena *a, const char *text, size_t length,
                   unsigned char **ret_bytes, size_t *ret_length) must_check;
bool base64url_decode(struct arena *a, const char *text, size_t length,
                      unsigned char **ret_bytes, size_t *ret_length) must_check;

#endif

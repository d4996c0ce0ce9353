/* SPDX-License-Identifier: AGPL-3.0-or-later
 * base64.h: RFC 4648 both ways; reading is strict and canonical. */
#ifndef LIB_BASE64_H
#define LIB_BASE64_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"

char *base64_write(struct arena *a, const void *bytes, size_t length);
char *base64url_write(struct arena *a, const void *bytes,
                      size_t length); /* no padding */

/* False for a foreign letter, wrong padding, or unused bits that are not
 * zero, so that one value has one spelling.  base64_read skips line breaks
 * (SAML, MIME); base64url_read takes no padding and no blanks. */
bool base64_read(struct arena *a, const char *text, size_t length,
                 unsigned char **ret_bytes, size_t *ret_length) must_check;
bool base64url_read(struct arena *a, const char *text, size_t length,
                    unsigned char **ret_bytes, size_t *ret_length) must_check;

char *hex_write(struct arena *a, const void *bytes,
                size_t length); /* lower case */

#endif

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * inflate.h: the door to zlib: raw DEFLATE (RFC 1951), as the Redirect
 * binding of SAML wants it, with a limit that a bomb cannot pass. */
#ifndef LIB_INFLATE_H
#define LIB_INFLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/fault.h"

/* The bytes that were deflated, with a NUL behind them; INVALID when they
 * are more than most, or none, or anything but one whole raw stream. */
bool inflate_raw(struct arena *a, const void *bytes, size_t length, size_t most,
                 char **ret_bytes, size_t *ret_length,
                 struct fault *why) must_check;

/* The other way. */
unsigned char *deflate_raw(struct arena *a, const void *bytes, size_t length,
                           size_t *ret_length);

#endif

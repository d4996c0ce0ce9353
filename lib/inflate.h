/* SPDX-License-Identifier: AGPL-3.0-or-later
 * inflate.h: raw DEFLATE (RFC 1951), as in the SAML HTTP-Redirect binding (SAML
 * Bindings 3.4.4.1), with an output limit. */
#ifndef LIB_INFLATE_H
#define LIB_INFLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/error.h"

/* Returns the inflated bytes, NUL-terminated and owned by the arena. On error
 * ERROR_INVALID: they are more than max_length, there are none, or the input is
 * not exactly one complete raw stream. */
bool inflate_raw(struct arena *a, const void *bytes, size_t length,
                 size_t max_length, char **ret_bytes, size_t *ret_length,
                 struct error *err) must_check;

/* Returns the compressed bytes, owned by the arena. */
unsigned char *deflate_raw(struct arena *a, const void *bytes, size_t length,
                           size_t *ret_length);

#endif

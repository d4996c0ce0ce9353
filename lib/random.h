/* SPDX-License-Identifier: AGPL-3.0-or-later
 * random.h: cryptographically secure random values. On error the process
 * aborts. */
#ifndef LIB_RANDOM_H
#define LIB_RANDOM_H

#include <stddef.h>

#include "lib/arena.h"

void random_bytes(void *bytes, size_t length);

/* Returns 256 bits as 43 base64url characters: session ids, codes, tokens. */
char *random_secret(struct arena *a);

/* Returns a version 4 UUID (RFC 9562 section 5.4) in lower case: catalogue
 * ids. */
char *random_uuid(struct arena *a);

#endif

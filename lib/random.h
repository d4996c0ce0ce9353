/* SPDX-License-Identifier: AGPL-3.0-or-later
 * random.h: bytes nobody can guess.  A machine without them stops. */
#ifndef LIB_RANDOM_H
#define LIB_RANDOM_H

#include <stddef.h>

#include "lib/arena.h"

void random_bytes(void *bytes, size_t length);

/* 256 bits as 43 base64url characters: session ids, codes, tokens. */
char *random_secret(struct arena *a);

/* A UUID of version 4 in lower case: catalogue ids. */
char *random_uuid(struct arena *a);

#endif

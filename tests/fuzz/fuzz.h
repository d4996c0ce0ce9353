/* SPDX-License-Identifier: AGPL-3.0-or-later
 * fuzz.h: what every fuzz target begins with.  A target hands any bytes to a
 * gate of ours and holds its answer against an oracle that knows nothing of
 * how the gate works. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/attr.h"
#include "lib/fault.h"
#include "lib/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The bytes in room of exactly their size, so that one read too far is seen;
 * the arena gives it back. */
static inline const char *fuzz_exact(struct arena *a, const uint8_t *data,
                                     size_t size)
{
	char *copy = arena_keep(a, malloc(size ? size : 1), free);

	if (size > 0)
		memcpy(copy, data, size);
	return copy;
}

/* The bytes as a string: up to the first NUL. */
static inline char *fuzz_string(struct arena *a, const uint8_t *data,
                                size_t size)
{
	return arena_bytes(a, data, size);
}

/* Cuts the next line out of the bytes, without its LF; its length is said
 * too, for a NUL may stand in it. */
static inline char *fuzz_line(struct arena *a, const uint8_t **data,
                              size_t *size, size_t *ret_length)
{
	const uint8_t *end = *size ? memchr(*data, '\n', *size) : NULL;
	size_t length = end ? (size_t)(end - *data) : *size;
	char *line = arena_bytes(a, *data, length);

	*data += length + (end != NULL);
	*size -= length + (end != NULL);
	*ret_length = length;
	return line;
}

#endif

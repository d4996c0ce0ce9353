/* SPDX-License-Identifier: AGPL-3.0-or-later
 * fuzz.h: common code of the fuzz targets. A target passes arbitrary bytes to a
 * parser and compares its result with an independent oracle. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/compiler.h"
#include "lib/error.h"
#include "lib/strbuf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Returns the bytes in an allocation of exactly their size, so that an
 * out-of-bounds read is detected; owned by the arena. */
static inline const char *fuzz_exact(struct arena *a, const uint8_t *data,
                                     size_t size)
{
	char *copy = arena_own(a, malloc(size ? size : 1), free);

	if (size > 0)
		memcpy(copy, data, size);
	return copy;
}

/* Returns the bytes as a string, up to the first NUL. */
static inline char *fuzz_string(struct arena *a, const uint8_t *data,
                                size_t size)
{
	return arena_memdup(a, data, size);
}

/* Returns the next line without its LF and advances; *ret_length counts bytes
 * after a NUL too. */
static inline char *fuzz_line(struct arena *a, const uint8_t **data,
                              size_t *size, size_t *ret_length)
{
	const uint8_t *end = *size ? memchr(*data, '\n', *size) : NULL;
	size_t length = end ? (size_t)(end - *data) : *size;
	char *line = arena_memdup(a, *data, length);

	*data += length + (end != NULL);
	*size -= length + (end != NULL);
	*ret_length = length;
	return line;
}

#endif

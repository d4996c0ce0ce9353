/* SPDX-License-Identifier: AGPL-3.0-or-later
 * vector.c: a growing array allocated in an arena. */
#include "lib/vector.h"

#include <string.h>

enum { FIRST_CAPACITY = 8 };

void *vector_grow(struct arena *a, void *at, size_t size, size_t count,
                  size_t *capacity)
{
	if (count < *capacity)
		return at;
	*capacity = *capacity > 0 ? *capacity * 2 : FIRST_CAPACITY;
	void *larger = arena_alloc_array(a, *capacity, size);

	if (count > 0)
		memcpy(larger, at, count * size);
	return larger;
}

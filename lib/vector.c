/* SPDX-License-Identifier: AGPL-3.0-or-later
 * vector.c: a growing array allocated in an arena. */
#include "lib/vector.h"

#include <string.h>

enum { FIRST_ROOM = 8 };

void *vector_grow(struct arena *a, void *at, size_t size, size_t count,
                  size_t *room)
{
	if (count < *room)
		return at;
	*room = *room > 0 ? *room * 2 : FIRST_ROOM;
	void *larger = arena_alloc_array(a, *room, size);

	if (count > 0)
		memcpy(larger, at, count * size);
	return larger;
}

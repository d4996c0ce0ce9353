/* SPDX-License-Identifier: AGPL-3.0-or-later
 * vector.h: a growing array allocated in an arena.
 *
 *	VECTOR(struct rule) rules = { 0 };
 *	*vector_append(a, &rules) = (struct rule){ .line = 3 };
 *	for (size_t i = 0; i < rules.count; i++) use(&rules.at[i]);
 */
#ifndef LIB_VECTOR_H
#define LIB_VECTOR_H

#include <stddef.h>

#include "lib/arena.h"

#define VECTOR(type)             \
	struct {                 \
		type *at;        \
		size_t count;    \
		size_t capacity; \
	}

/* Returns a pointer to a new, zeroed last element, valid until the next
 * append. */
#define vector_append(a, l)                                                \
	((l)->at = vector_grow((a), (l)->at, sizeof(*(l)->at), (l)->count, \
	                       &(l)->capacity),                            \
	 &(l)->at[(l)->count++])

/* For vector_append only. */
void *vector_grow(struct arena *a, void *at, size_t size, size_t count,
                  size_t *capacity);

#endif

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * list.h: an array that grows in an arena.
 *
 *	LIST(struct rule) rules = { 0 };
 *	*list_add(a, &rules) = (struct rule){ .line = 3 };
 *	for (size_t i = 0; i < rules.count; i++) use(&rules.at[i]);
 */
#ifndef LIB_LIST_H
#define LIB_LIST_H

#include <stddef.h>

#include "lib/arena.h"

#define LIST(type)            \
	struct {              \
		type *at;     \
		size_t count; \
		size_t room;  \
	}

/* A pointer to a new, zeroed last element, good until the next add. */
#define list_add(a, l)                                                   \
	((l)->at = list_grow((a), (l)->at, sizeof(*(l)->at), (l)->count, \
	                     &(l)->room),                                \
	 &(l)->at[(l)->count++])

void *list_grow(struct arena *a, void *at, size_t size, size_t count,
                size_t *room);

#endif

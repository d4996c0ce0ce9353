/* SPDX-License-Identifier: AGPL-3.0-or-later
 * arena.h: memory for one piece of work, given back all at once. */
#ifndef LIB_ARENA_H
#define LIB_ARENA_H

#include <stddef.h>

#include "lib/attr.h"

struct arena;

/* A new, empty arena.  Never NULL: a daemon out of memory stops, and inputs
 * are limited at the door so that a stranger cannot cause it. */
struct arena *arena_open(void);

/* Gives everything back, newest first; what lay in it is wiped, for secrets
 * pass through here.  NULL is allowed. */
void arena_close(struct arena *a);

/* Size zeroed bytes, aligned for any type, living as long as a. */
void *arena_alloc(struct arena *a, size_t size);

#define arena_new(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define arena_array(a, type, count) \
	((type *)arena_items((a), (count), sizeof(type)))
void *arena_items(struct arena *a, size_t count, size_t size);

/* Copies living in a.  arena_copy of NULL is NULL; arena_bytes adds a NUL
 * behind the length bytes, so text from a wire may be read as a string. */
char *arena_copy(struct arena *a, const char *text);
char *arena_bytes(struct arena *a, const void *bytes, size_t length);
char *arena_print(struct arena *a, const char *format, ...) printf_like(2, 3);

/* Calls release(thing) when a is closed: how another library's handle comes
 * to live as long as our own memory.  Returns thing. */
void *arena_keep(struct arena *a, void *thing, void (*release)(void *));

#endif

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * arena.h: memory for one unit of work, such as a request, freed all at
 * once. */
#ifndef LIB_ARENA_H
#define LIB_ARENA_H

#include <stddef.h>

#include "lib/compiler.h"

struct arena;

/* Returns a new, empty arena, which the caller closes. Never returns NULL: out
 * of memory aborts the process. Input sizes are limited before they are
 * allocated. */
struct arena *arena_open(void);

/* Runs the cleanups, newest first, and wipes and frees all memory of the arena,
 * since values may be secrets. NULL is allowed. */
void arena_close(struct arena *a);

/* Returns size zeroed bytes, aligned for any type, owned by the arena. */
void *arena_alloc(struct arena *a, size_t size);

#define arena_new(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define arena_array(a, type, count) \
	((type *)arena_alloc_array((a), (count), sizeof(type)))
void *arena_alloc_array(struct arena *a, size_t count, size_t size);

/* Return copies owned by the arena. arena_strdup(NULL) returns NULL.
 * arena_memdup adds a NUL after the length bytes. arena_printf returns the
 * formatted string. */
char *arena_strdup(struct arena *a, const char *text);
char *arena_memdup(struct arena *a, const void *bytes, size_t length);
char *arena_printf(struct arena *a, const char *format, ...) printf_like(2, 3);

/* Calls release(object) when the arena is closed, so that an object of another
 * library lives as long as the arena. Returns object. */
void *arena_own(struct arena *a, void *object, void (*release)(void *));

#endif

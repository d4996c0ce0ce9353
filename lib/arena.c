/* SPDX-License-Identifier: AGPL-3.0-or-later
 * arena.c: region-based memory. An arena allocates from a chain of blocks and
 * frees them together; a single allocation is never freed. Out of memory aborts
 * the process. */
#include "lib/arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	FIRST_BLOCK_SIZE = 4096,
	MAX_BLOCK_SIZE = 64 * 1024,
	PRINT_BUFFER_SIZE = 256,
};

struct arena_block {
	struct arena_block *older;
	size_t size;
	size_t used;
	alignas(max_align_t) unsigned char bytes[];
};

struct arena_cleanup {
	struct arena_cleanup *older;
	void *object;
	void (*release)(void *);
};

struct arena {
	struct arena_block *newest;
	struct arena_cleanup *cleanups;
};

static void *arena_abort_if_null(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

struct arena *arena_open(void)
{
	return arena_abort_if_null(calloc(1, sizeof(struct arena)));
}

void arena_close(struct arena *a)
{
	if (!a)
		return;
	for (struct arena_cleanup *k = a->cleanups; k; k = k->older)
		k->release(k->object);
	while (a->newest) {
		struct arena_block *b = a->newest;

		a->newest = b->older;
		explicit_bzero(b->bytes, b->used);
		free(b);
	}
	free(a);
}

static size_t arena_next_block_size(const struct arena *a, size_t needed)
{
	size_t size = a->newest ? a->newest->size * 2 : FIRST_BLOCK_SIZE;

	if (size > MAX_BLOCK_SIZE)
		size = MAX_BLOCK_SIZE;
	return needed > size ? needed : size;
}

static void arena_add_block(struct arena *a, size_t needed)
{
	size_t size = arena_next_block_size(a, needed);
	struct arena_block *b = arena_abort_if_null(malloc(sizeof(*b) + size));

	*b = (struct arena_block){ .older = a->newest, .size = size };
	a->newest = b;
}

void *arena_alloc(struct arena *a, size_t size)
{
	const size_t alignment = alignof(max_align_t);

	assert(size < SIZE_MAX / 2);
	size = (size + alignment - 1) / alignment * alignment;
	if (!a->newest || a->newest->size - a->newest->used < size)
		arena_add_block(a, size);
	void *memory = a->newest->bytes + a->newest->used;
	a->newest->used += size;
	return memset(memory, 0, size);
}

void *arena_alloc_array(struct arena *a, size_t count, size_t size)
{
	assert(size == 0 || count < SIZE_MAX / 2 / size);
	return arena_alloc(a, count * size);
}

char *arena_memdup(struct arena *a, const void *bytes, size_t length)
{
	char *copy = arena_alloc(a, length + 1);

	if (length > 0)
		memcpy(copy, bytes, length);
	return copy;
}

char *arena_strdup(struct arena *a, const char *text)
{
	return text ? arena_memdup(a, text, strlen(text)) : NULL;
}

/* Formats into a stack buffer first; a longer result is formatted again into
 * arena memory. */
char *arena_printf(struct arena *a, const char *format, ...)
{
	char buffer[PRINT_BUFFER_SIZE];
	va_list args, args_copy;

	va_start(args, format);
	va_copy(args_copy, args);
	int length = vsnprintf(buffer, sizeof(buffer), format, args);
	va_end(args);
	assert(length >= 0);
	char *text = arena_alloc(a, (size_t)length + 1);

	if ((size_t)length < sizeof(buffer))
		memcpy(text, buffer, (size_t)length);
	else
		(void)vsnprintf(text, (size_t)length + 1, format, args_copy);
	va_end(args_copy);
	/* The value may be a secret. */
	explicit_bzero(buffer, sizeof(buffer));
	return text;
}

void *arena_own(struct arena *a, void *object, void (*release)(void *))
{
	struct arena_cleanup *k = arena_new(a, struct arena_cleanup);

	*k = (struct arena_cleanup){ .older = a->cleanups,
		                     .object = object,
		                     .release = release };
	a->cleanups = k;
	return object;
}

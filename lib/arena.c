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
	FIRST_BLOCK = 4096,
	LARGEST_BLOCK = 64 * 1024,
	PRINTED_AT_ONCE = 256,
};

struct block {
	struct block *older;
	size_t size;
	size_t used;
	alignas(max_align_t) unsigned char bytes[];
};

struct kept {
	struct kept *older;
	void *thing;
	void (*release)(void *);
};

struct arena {
	struct block *newest;
	struct kept *kept;
};

static void *must_have(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

struct arena *arena_open(void)
{
	return must_have(calloc(1, sizeof(struct arena)));
}

void arena_close(struct arena *a)
{
	if (!a)
		return;
	for (struct kept *k = a->kept; k; k = k->older)
		k->release(k->thing);
	while (a->newest) {
		struct block *b = a->newest;

		a->newest = b->older;
		explicit_bzero(b->bytes, b->used);
		free(b);
	}
	free(a);
}

static size_t next_size(const struct arena *a, size_t wanted)
{
	size_t size = a->newest ? a->newest->size * 2 : FIRST_BLOCK;

	if (size > LARGEST_BLOCK)
		size = LARGEST_BLOCK;
	return wanted > size ? wanted : size;
}

static void add_block(struct arena *a, size_t wanted)
{
	size_t size = next_size(a, wanted);
	struct block *b = must_have(malloc(sizeof(*b) + size));

	*b = (struct block){ .older = a->newest, .size = size };
	a->newest = b;
}

void *arena_alloc(struct arena *a, size_t size)
{
	const size_t unit = alignof(max_align_t);

	assert(size < SIZE_MAX / 2);
	size = (size + unit - 1) / unit * unit;
	if (!a->newest || a->newest->size - a->newest->used < size)
		add_block(a, size);
	void *memory = a->newest->bytes + a->newest->used;
	a->newest->used += size;
	return memset(memory, 0, size);
}

void *arena_items(struct arena *a, size_t count, size_t size)
{
	assert(size == 0 || count < SIZE_MAX / 2 / size);
	return arena_alloc(a, count * size);
}

char *arena_bytes(struct arena *a, const void *bytes, size_t length)
{
	char *copy = arena_alloc(a, length + 1);

	if (length > 0)
		memcpy(copy, bytes, length);
	return copy;
}

char *arena_copy(struct arena *a, const char *text)
{
	return text ? arena_bytes(a, text, strlen(text)) : NULL;
}

/* Formats into a stack buffer first; a longer result is formatted again into
 * arena memory. */
char *arena_print(struct arena *a, const char *format, ...)
{
	char first[PRINTED_AT_ONCE];
	va_list args, again;

	va_start(args, format);
	va_copy(again, args);
	int length = vsnprintf(first, sizeof(first), format, args);
	va_end(args);
	assert(length >= 0);
	char *text = arena_alloc(a, (size_t)length + 1);

	if ((size_t)length < sizeof(first))
		memcpy(text, first, (size_t)length);
	else
		(void)vsnprintf(text, (size_t)length + 1, format, again);
	va_end(again);
	/* The value may be a secret. */
	explicit_bzero(first, sizeof(first));
	return text;
}

void *arena_keep(struct arena *a, void *thing, void (*release)(void *))
{
	struct kept *k = arena_new(a, struct kept);

	*k = (struct kept){ .older = a->kept,
		            .thing = thing,
		            .release = release };
	a->kept = k;
	return thing;
}

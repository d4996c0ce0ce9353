/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include "lib/arena.h"

static void memory_is_zeroed_and_aligned(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	for (size_t size = 1; size < 9000; size += 777) {
		unsigned char *m = arena_alloc(a, size);

		assert_int_equal((uintptr_t)m % sizeof(long double), 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(m[i], 0);
	}
	arena_close(a);
}

static void a_copy_of_bytes_ends_in_nul(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	assert_string_equal(arena_memdup(a, "Tinn kommune", 4), "Tinn");
	assert_null(arena_strdup(a, NULL));
	assert_string_equal(arena_printf(a, "%s %d", "port", 636), "port 636");
	arena_close(a);
}

static int released;

static void note_release(void *thing)
{
	released = released * 10 + *(int *)thing;
}

static void cleanups_run_newest_first(void **state)
{
	struct arena *a = arena_open();
	int one = 1, two = 2;

	(void)state;
	released = 0;
	arena_own(a, &one, note_release);
	arena_own(a, &two, note_release);
	arena_close(a);
	assert_int_equal(released, 21);
}

static void closing_null_is_allowed(void **state)
{
	(void)state;
	arena_close(NULL);
}

TESTS(memory_is_zeroed_and_aligned, a_copy_of_bytes_ends_in_nul,
      cleanups_run_newest_first, closing_null_is_allowed)

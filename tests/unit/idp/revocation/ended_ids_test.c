/* SPDX-License-Identifier: AGPL-3.0-or-later
 * ended_ids_test.c: the list of ended sessions and its file. */
#include "tests/unit/region/config/fixture.h"

#include <sys/stat.h>
#include <unistd.h>

#include "idp/revocation/ended_ids.h"

static struct fixture f;
static const char *path;

static int open_folder(void **state)
{
	(void)state;
	f = fixture_open();
	path = fixture_path(&f, "ended");
	return 0;
}

static int close_folder(void **state)
{
	(void)state;
	arena_close(f.arena);
	return 0;
}

static struct ended_ids *opened(void)
{
	struct ended_ids *t;
	struct error err = { 0 };

	if (!ended_ids_open(path, &t, &err))
		fail_msg("%s", err.text);
	return t;
}

static struct ended_id id_of(unsigned n, int64_t at)
{
	struct ended_id one = { .at = at };

	memcpy(one.id, &n, sizeof(n));
	one.id[15] = 1;
	return one;
}

static void add(struct ended_ids *t, unsigned from, unsigned to, int64_t at)
{
	for (unsigned n = from; n < to; n++) {
		const struct ended_id one = id_of(n, at);

		assert_true(ended_ids_add(t, &one, 1, NULL));
	}
}

/* Returns how many there are from the number since on, and the next number. */
static size_t since(struct ended_ids *t, int64_t number, int64_t *ret_next)
{
	static struct ended_id ids[4000];

	return ended_ids_since(t, number, LENGTH(ids), ids, ret_next);
}

static off_t size_of_file(void)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_size;
}

static void what_was_added_is_there_after_a_restart(void **state)
{
	struct ended_ids *t = opened();
	struct ended_id one;
	int64_t next;

	(void)state;
	add(t, 0, 3000, 1000);
	ended_ids_close(t);
	t = opened();
	assert_int_equal(since(t, 0, &next), 3000);
	assert_int_equal(next, 3000);
	assert_int_equal(ended_ids_since(t, 2, 1, &one, &next), 1);
	assert_int_equal(next, 3);
	assert_int_equal(one.at, 1000);
	assert_memory_equal(one.id, id_of(2, 0).id, ENDED_ID_SIZE);
	assert_int_equal(since(t, 3000, &next), 0);
	ended_ids_close(t);
}

static void one_that_is_known_is_not_added_twice(void **state)
{
	struct ended_ids *t = opened();
	int64_t next;

	(void)state;
	add(t, 0, 10, 1000);
	const off_t size = size_of_file();

	add(t, 0, 10, 2000);
	assert_int_equal(since(t, 0, &next), 10);
	assert_int_equal(size_of_file(), size);
	ended_ids_close(t);
}

static void a_record_that_a_crash_cut_off_is_dropped(void **state)
{
	struct ended_ids *t = opened();
	int64_t next;

	(void)state;
	add(t, 0, 5, 1000);
	ended_ids_close(t);
	assert_int_equal(truncate(path, size_of_file() - 3), 0);
	t = opened();
	assert_int_equal(since(t, 0, &next), 4);
	add(t, 7, 8, 1000);
	ended_ids_close(t);
	t = opened();
	assert_int_equal(since(t, 0, &next), 5);
	ended_ids_close(t);
}

static void a_file_of_another_form_is_refused(void **state)
{
	static const char *const bad[] = {
		"", "rubbish", "\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\0",
		"\0\0\0\0\0\0\0\1\xff\0\0\0\0\0\0\0"
	};
	static const size_t lengths[] = { 0, 7, 16, 16 };

	(void)state;
	for (size_t i = 0; i < LENGTH(bad); i++) {
		struct error err = { 0 };
		struct ended_ids *t;
		FILE *file = fopen(path, "w");

		assert_non_null(file);
		assert_int_equal(fwrite(bad[i], 1, lengths[i], file),
		                 lengths[i]);
		assert_int_equal(fclose(file), 0);
		assert_false(ended_ids_open(path, &t, &err));
		assert_int_equal(err.kind, ERROR_INVALID);
	}
}

static void old_ones_are_dropped_and_numbers_go_on(void **state)
{
	struct ended_ids *t = opened();
	int64_t next;

	(void)state;
	add(t, 0, 100, 1000);
	add(t, 100, 150, 5000);
	const off_t size = size_of_file();

	assert_true(ended_ids_drop(t, 2000, NULL));
	assert_true(size_of_file() < size);
	assert_int_equal(since(t, 0, &next), 50);
	assert_int_equal(next, 150);
	ended_ids_close(t);
	t = opened();
	assert_int_equal(since(t, 120, &next), 30);
	assert_int_equal(next, 150);
	add(t, 150, 151, 6000);
	assert_int_equal(since(t, 150, &next), 1);
	ended_ids_close(t);
}

/* A caller whose number is of a list that was lost gets all. */
static void a_number_that_was_never_given_out_begins_anew(void **state)
{
	struct ended_ids *t = opened();
	int64_t next;

	(void)state;
	add(t, 0, 5, 1000);
	assert_int_equal(since(t, 9999, &next), 5);
	assert_int_equal(since(t, -1, &next), 5);
	assert_int_equal(next, 5);
	ended_ids_close(t);
}

static void what_could_not_be_written_is_written_with_the_next(void **state)
{
	struct ended_ids *t = opened();
	const struct ended_id one = id_of(1, 1000), two = id_of(2, 1000);
	int64_t next;

	(void)state;
	assert_int_equal(unlink(path), 0);
	assert_false(ended_ids_add(t, &one, 1, NULL));
	assert_int_equal(since(t, 0, &next), 1);
	ended_ids_close(t);
	t = opened();
	add(t, 5, 6, 1000);
	ended_ids_close(t);
	t = opened();
	assert_true(ended_ids_add(t, &two, 1, NULL));
	assert_int_equal(since(t, 0, &next), 2);
	ended_ids_close(t);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, open_folder, close_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_added_is_there_after_a_restart),
		TEST(one_that_is_known_is_not_added_twice),
		TEST(a_record_that_a_crash_cut_off_is_dropped),
		TEST(a_file_of_another_form_is_refused),
		TEST(old_ones_are_dropped_and_numbers_go_on),
		TEST(a_number_that_was_never_given_out_begins_anew),
		TEST(what_could_not_be_written_is_written_with_the_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

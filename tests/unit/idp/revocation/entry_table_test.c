/* SPDX-License-Identifier: AGPL-3.0-or-later
 * Tests of entry_table.c. */
#include "tests/unit/test.h"

#include "idp/revocation/entry_table.h"

static void a_uuid_is_parsed_and_formatted(void **state)
{
	const char *text = "62296987-0088-4b1c-bbb6-5f40ee1ac18e";
	unsigned char bytes[16];
	char again[37];

	(void)state;
	assert_true(entry_uuid_parse(text, bytes));
	entry_uuid_format(bytes, again);
	assert_string_equal(again, text);
}

static void a_malformed_uuid_is_rejected(void **state)
{
	static const char *const bad[] = {
		"",
		"62296987",
		"62296987-0088-4b1c-bbb6-5f40ee1ac18",
		"62296987-0088-4b1c-bbb6-5f40ee1ac18g",
		"62296987a0088-4b1c-bbb6-5f40ee1ac18e",
		"62296987-0088-4b1c-bbb6-5f40ee1ac18e0",
	};
	unsigned char bytes[16];

	(void)state;
	assert_false(entry_uuid_parse(NULL, bytes));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(entry_uuid_parse(bad[i], bytes));
}

static void thousands_of_entries_are_found(void **state)
{
	struct entry_table t = { 0 };
	unsigned char uuid[16] = { 0 };

	(void)state;
	for (unsigned i = 0; i < 5000; i++) {
		memcpy(uuid, &i, sizeof(i));
		entry_table_insert(&t, uuid)->valid_until = i;
	}
	for (unsigned i = 0; i < 5000; i++) {
		memcpy(uuid, &i, sizeof(i));
		assert_non_null(entry_table_find(&t, uuid));
		assert_int_equal(entry_table_find(&t, uuid)->valid_until, i);
	}
	assert_int_equal(t.count, 5000);
	memset(uuid, 0xff, sizeof(uuid));
	assert_null(entry_table_find(&t, uuid));
	free(t.slots);
}

static bool count_unseen(void *data, struct entry_slot *entry)
{
	size_t *count = data;

	(*count)++;
	return !entry->is_person;
}

/* Returns how many of ten entries are reported when seen of them are named. */
static size_t unseen_of_ten(unsigned seen, bool all_are_people)
{
	struct entry_table t = { 0 };
	unsigned char uuid[16] = { 0 };
	size_t count = 0;

	for (unsigned i = 0; i < 10; i++) {
		memcpy(uuid, &i, sizeof(i));
		struct entry_slot *entry = entry_table_insert(&t, uuid);

		entry->seen = i < seen;
		entry->is_person = all_are_people;
	}
	bool whole = entry_table_each_unseen(&t, count_unseen, &count);

	assert_int_equal(whole, !all_are_people || count == 0);
	free(t.slots);
	return count;
}

static void unnamed_entries_count_only_if_most_were_named(void **state)
{
	(void)state;
	assert_int_equal(unseen_of_ten(0, false), 0);
	assert_int_equal(unseen_of_ten(1, false), 0);
	assert_int_equal(unseen_of_ten(5, false), 0);
	assert_int_equal(unseen_of_ten(6, false), 4);
	assert_int_equal(unseen_of_ten(9, false), 1);
	assert_int_equal(unseen_of_ten(10, false), 0);
	/* It stops at the first error. */
	assert_int_equal(unseen_of_ten(6, true), 1);
}

TESTS(a_uuid_is_parsed_and_formatted, a_malformed_uuid_is_rejected,
      thousands_of_entries_are_found,
      unnamed_entries_count_only_if_most_were_named)

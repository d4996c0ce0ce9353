/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include <limits.h>

#include "lib/strbuf.h"
#include "lib/vector.h"

static void a_buffer_grows_and_is_nul_terminated(void **state)
{
	struct arena *a = arena_open();
	struct strbuf t = strbuf_init(a);

	(void)state;
	assert_string_equal(t.data, "");
	for (int i = 0; i < 1000; i++)
		strbuf_appendf(&t, "%03d,", i);
	strbuf_append(&t, NULL);
	strbuf_append_bytes(&t, "end", 2);
	assert_int_equal(t.length, 4002);
	assert_int_equal(strlen(t.data), 4002);
	assert_true(text_ends(t.data, "998,999,en"));
	arena_close(a);
}

static const struct {
	const char *text;
	bool good;
} numbers[] = {
	{ "0", true },
	{ "007", true },
	{ "100", true },
	{ "101", false },
	{ "", false },
	{ "-1", false },
	{ "+1", false },
	{ " 1", false },
	{ "1 ", false },
	{ "0x1", false },
	{ NULL, false },
	{ "1e1", false },
	{ "99999999999999999999999", false },
	{ "9223372036854775808", false },
};

static void a_number_is_digits_within_its_bounds(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(numbers); i++) {
		long long number = -7;
		bool good = text_to_number(numbers[i].text, 0, 100, &number);

		assert_int_equal(good, numbers[i].good);
		if (!good)
			assert_int_equal(number, -7);
	}
}

static void the_largest_number_is_parsed(void **state)
{
	long long number;

	(void)state;
	assert_true(
	    text_to_number("9223372036854775807", 0, LLONG_MAX, &number));
	assert_true(number == LLONG_MAX);
}

static void prefixes_and_suffixes(void **state)
{
	(void)state;
	assert_true(text_starts("ldaps://x", "ldaps:"));
	assert_false(text_starts("ldap", "ldaps:"));
	assert_false(text_starts(NULL, ""));
	assert_true(text_ends("a.conf", ".conf"));
	assert_false(text_ends("conf", ".conf"));
	assert_false(text_ends(NULL, "x"));
	assert_true(text_equal(NULL, NULL));
	assert_false(text_equal(NULL, ""));
}

static void splitting_omits_empty_tokens(void **state)
{
	struct arena *a = arena_open();
	size_t count;
	char **tokens = text_split(a, " nb, nn,,en ", ", ", &count);

	(void)state;
	assert_int_equal(count, 3);
	assert_string_equal(tokens[0], "nb");
	assert_string_equal(tokens[2], "en");
	assert_null(tokens[3]);
	tokens = text_split(a, NULL, " ", &count);
	assert_int_equal(count, 0);
	assert_null(tokens[0]);
	arena_close(a);
}

static void lower_case_is_for_ascii_only(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	assert_string_equal(text_lower(a, "KARI Åse"), "kari Åse");
	arena_close(a);
}

static const struct {
	const char *bytes;
	bool good;
} letters[] = {
	{ "", true },
	{ "Bjørn Åse", true },
	{ "\xF0\x9F\x98\x80", true },
	{ "\xF4\x8F\xBF\xBF", true },
	{ "\xF4\x90\x80\x80", false }, /* over U+10FFFF */
	{ "\xC0\xAF", false },         /* overlong / */
	{ "\xE0\x80\xAF", false },
	{ "\xED\xA0\x80", false }, /* a surrogate */
	{ "\x80", false },
	{ "\xC3", false }, /* cut short */
	{ "\xE2\x82", false },
	{ "\xC3\x28", false },
	{ "\xFF", false },
};

static void only_well_formed_utf8_is_utf8(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(letters); i++)
		assert_int_equal(
		    text_is_utf8(letters[i].bytes, strlen(letters[i].bytes)),
		    letters[i].good);
	assert_false(text_is_utf8("a\0b", 3));
}

static void a_vector_keeps_its_elements(void **state)
{
	struct arena *a = arena_open();
	VECTOR(int) list = { 0 };

	(void)state;
	for (int i = 0; i < 100; i++)
		*vector_append(a, &list) = i;
	assert_int_equal(list.count, 100);
	for (int i = 0; i < 100; i++)
		assert_int_equal(list.at[i], i);
	arena_close(a);
}

TESTS(a_buffer_grows_and_is_nul_terminated,
      a_number_is_digits_within_its_bounds, the_largest_number_is_parsed,
      prefixes_and_suffixes, splitting_omits_empty_tokens,
      lower_case_is_for_ascii_only, only_well_formed_utf8_is_utf8,
      a_vector_keeps_its_elements)

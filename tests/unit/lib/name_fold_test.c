/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include "lib/compiler.h"
#include "lib/name_fold.h"

static void a_name_is_the_same_however_it_is_written(void **state)
{
	static const struct {
		const char *one, *other;
	} rows[] = {
		{ "Åse", "åse" },
		{ "Åse", "A\xcc\x8ase" },
		{ "ÅSE-Marie  Øverås", "ase marie overas" },
		{ "Weiß", "WEISS" },
		{ "İpek", "ipek" },
		{ "Čáhput Ŋoaivi Đivgi", "cahput noaivi divgi" },
		{ "Nguyễn", "Nguye\xcc\x82\xcc\x83n" },
		{ " Ola \t Nordmann ", "ola nordmann" },
		{ "ЮЛИЯ Ёлкина", "юлия ёлкина" },
		{ "Ægir \xf0\x9f\x8c\xb2", "aegir \xf0\x9f\x8c\xb2" },
		{ "", " " },
		{ "Ka\xe2\x80\x8bri Heddal", "Kari Heddal" },
		{ "Kari\xe2\x80\xaf"
		  "Hed\xc2\xad"
		  "dal\xe2\x80\x8f",
		  "Kari Heddal" },
		{ "\xef\xbb\xbfKari\xc2\xa0Heddal\xe3\x80\x80", "Kari Heddal" },
	};
	struct arena *a = arena_open();

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++)
		assert_string_equal(name_fold(a, rows[i].one),
		                    name_fold(a, rows[i].other));
	arena_close(a);
}

static void a_value_is_the_same_in_another_case_or_form(void **state)
{
	static const struct {
		const char *one, *other;
		bool equal;
	} rows[] = {
		{ "Østby", "østby", true },
		{ "ØSTBY", "østby", true },
		{ "O\xcc\x88", "\xc3\xb6", true },
		{ "Nguyễn", "NGUYE\xcc\x82\xcc\x83N", true },
		{ "Čáhput Ŋoaivi", "čáhput ŋoaivi", true },
		{ "ЮЛИЯ Ёлкина", "юлия ёлкина", true },
		{ " a \t b\n",
		  "A\xc2\xa0"
		  "B",
		  true },
		{ "İ", "i\xcc\x87", true },
		{ "å", "ä", false },
		{ "o", "ø", false },
		{ "a^", "å", false },
		{ "\xc1\x81", "A", false }, /* not the shortest form */
		{ "a\xc3", "a\xc3 b", false },
		{ "", " ", true },
	};
	struct arena *a = arena_open();

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		const char *one = name_fold_value(a, rows[i].one);
		const char *other = name_fold_value(a, rows[i].other);

		if ((strcmp(one, other) == 0) != rows[i].equal)
			fail_msg("row %zu: %s / %s", i, one, other);
		assert_string_equal(name_fold_value(a, one), one);
	}
	arena_close(a);
}

static void a_value_can_contain_nul(void **state)
{
	struct arena *a = arena_open();
	size_t length;
	const char *folded = name_fold_bytes(a, "A\0B", 3, &length);

	(void)state;
	assert_int_equal(length, 3);
	assert_memory_equal(folded, "a\0b", 3);
	arena_close(a);
}

static void a_value_keeps_its_diacritics(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	assert_string_equal(name_fold_value(a, "Ola  Nordmann"),
	                    name_fold_value(a, "ola nordmann"));
	assert_string_equal(name_fold_value(a, "Ås"),
	                    name_fold_value(a, "a\xcc\x8aS"));
	assert_string_not_equal(name_fold_value(a, "Ås"),
	                        name_fold_value(a, "As"));
	assert_string_not_equal(name_fold_value(a, "a-b"),
	                        name_fold_value(a, "a b"));
	arena_close(a);
}

static void a_login_name_has_no_invisible_character(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	assert_string_equal(name_fold_case(a, "zw\xe2\x80\x8bJ"), "zwj");
	assert_string_equal(name_fold_case(a, "\xe2\x81\xa0zw\xc2\xadj"),
	                    "zwj");
	assert_string_equal(name_fold_case(a, "z wj"), "z wj");
	arena_close(a);
}

static void blanks_of_all_kinds_are_trimmed_at_the_ends(void **state)
{
	static const char *const rows[][2] = {
		{ "Oppvekst", "Oppvekst" },
		{ " \tOppvekst\xc2\xa0", "Oppvekst" },
		{ "\xe2\x80\x8bOpp vekst\xe2\x80\x8b ", "Opp vekst" },
		{ "\xef\xbb\xbfOpp\xe2\x80\x8bvekst", "Opp\xe2\x80\x8bvekst" },
		{ "\xe2\x80\xaf\xe3\x80\x80\xc2\xad", "" },
		{ "", "" },
		{ "\xc3", "\xc3" }, /* cut in the middle */
	};
	struct arena *a = arena_open();

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++)
		assert_string_equal(name_trim(a, rows[i][0]), rows[i][1]);
	arena_close(a);
}

TESTS(a_name_is_the_same_however_it_is_written, a_value_keeps_its_diacritics,
      a_value_is_the_same_in_another_case_or_form, a_value_can_contain_nul,
      a_login_name_has_no_invisible_character,
      blanks_of_all_kinds_are_trimmed_at_the_ends)

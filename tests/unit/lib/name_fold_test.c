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
	};
	struct arena *a = arena_open();

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++)
		assert_string_equal(name_fold(a, rows[i].one),
		                    name_fold(a, rows[i].other));
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

static void a_common_token_is_found(void **state)
{
	static const struct {
		const char *one, *other;
		bool shares;
	} rows[] = {
		{ "Kari Heddal", "Kari Rjukan", true },
		{ "Kari Heddal", "HEDDAL, Ola", false },
		{ "Kari Heddal", "Heddal Ola", true },
		{ "Kari Heddal", "Ola Rjukan", false },
		{ "Anne-Marie Li", "anne berg", true },
		{ "", "", false },
		{ "\xc3", "\xc3", true }, /* cut in the middle */
	};
	struct arena *a = arena_open();

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++)
		if (name_fold_shares_token(a, rows[i].one, rows[i].other) !=
		    rows[i].shares)
			fail_msg("%s / %s", rows[i].one, rows[i].other);
	arena_close(a);
}

TESTS(a_name_is_the_same_however_it_is_written, a_value_keeps_its_diacritics,
      a_common_token_is_found)

/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include "lib/compiler.h"
#include "sync/engine/correlation/name_match.h"

struct row {
	const char *what;
	struct written_name one, other;
	bool agrees;
	const char *former[6];
};

/* In both directions: agreement does not depend on who came first. */
static void compare_all(const struct row *rows, size_t count)
{
	struct arena *a = arena_open();

	for (size_t i = 0; i < count; i++) {
		const struct row *r = &rows[i];

		if (name_match_agrees(a, &r->one, &r->other, r->former) !=
		    r->agrees)
			fail_msg("%s", r->what);
		if (!r->former[0] &&
		    name_match_agrees(a, &r->other, &r->one, NULL) != r->agrees)
			fail_msg("%s, the other way round", r->what);
	}
	arena_close(a);
}

static void given_and_family_name_must_agree(void **state)
{
	static const struct row rows[] = {
		{ "the same",
		  { "Kari", "Heddal", NULL },
		  { "Kari", "Heddal", NULL },
		  true,
		  { NULL } },
		{ "only the given name",
		  { "Saga", "Ondskap", NULL },
		  { "Saga", "Ugletopp", NULL },
		  false,
		  { NULL } },
		{ "namesakes by given name",
		  { "Kari", "Berg", NULL },
		  { "Kari", "Dahl", NULL },
		  false,
		  { NULL } },
		{ "siblings",
		  { "Ola", "Moe", NULL },
		  { "Per", "Moe", NULL },
		  false,
		  { NULL } },
		{ "twins with a double name",
		  { "Anne Marie", "Moe", NULL },
		  { "Anne Lise", "Moe", NULL },
		  false,
		  { NULL } },
		{ "twins with a hyphen",
		  { "Anne-Marie", "Moe", NULL },
		  { "Anne-Lise", "Moe", NULL },
		  false,
		  { NULL } },
		{ "a typing slip",
		  { "Krai", "Moe", NULL },
		  { "Kari", "Moe", NULL },
		  false,
		  { NULL } },
		{ "a typing slip in the family name",
		  { "Kari", "Mo", NULL },
		  { "Kari", "Moe", NULL },
		  false,
		  { NULL } },
		{ "half of the double name",
		  { "Anne", "Moe", NULL },
		  { "Anne Marie", "Moe", NULL },
		  true,
		  { NULL } },
		{ "the other half",
		  { "Kari", "Moe", NULL },
		  { "Anne Kari", "Moe", NULL },
		  true,
		  { NULL } },
		{ "hyphen or blank",
		  { "Anne-Marie", "Moe", NULL },
		  { "Anne Marie", "Moe", NULL },
		  true,
		  { NULL } },
		{ "a part of the given name",
		  { "Kari", "Moe", NULL },
		  { "Karianne", "Moe", NULL },
		  false,
		  { NULL } },
	};

	(void)state;
	compare_all(rows, LENGTH(rows));
}

static void middle_and_former_names_are_family_names(void **state)
{
	static const struct row rows[] = {
		{ "married, the former name is the middle name",
		  { "Kari Heddal", "Berg", NULL },
		  { "Kari", "Heddal", NULL },
		  true,
		  { NULL } },
		{ "a double family name",
		  { "Kari", "Heddal Berg", NULL },
		  { "Kari", "Berg", NULL },
		  true,
		  { NULL } },
		{ "with a hyphen",
		  { "Kari", "Heddal-Berg", NULL },
		  { "Kari", "Heddal", NULL },
		  true,
		  { NULL } },
		{ "middle name in one, double name in the other",
		  { "Kari Heddal", "Berg", NULL },
		  { "Kari", "Heddal Berg", NULL },
		  true,
		  { NULL } },
		{ "married, and the former name is unknown",
		  { "Kari", "Berg", NULL },
		  { "Kari", "Heddal", NULL },
		  false,
		  { NULL } },
		{ "married, and the former name is known",
		  { "Kari", "Heddal", NULL },
		  { "Kari", "Berg", NULL },
		  true,
		  { "Heddal" } },
		{ "the second of two former names, written otherwise",
		  { "Kari", "HEDDAL-MOE", NULL },
		  { "Kari", "Berg", NULL },
		  true,
		  { "Dahl", "Heddal" } },
		{ "a former name and another given name",
		  { "Ola", "Heddal", NULL },
		  { "Kari", "Berg", NULL },
		  false,
		  { "Heddal" } },
		{ "a former name that is another",
		  { "Kari", "Dahl", NULL },
		  { "Kari", "Berg", NULL },
		  false,
		  { "Heddal" } },
	};

	(void)state;
	compare_all(rows, LENGTH(rows));
}

static void writing_makes_no_difference(void **state)
{
	static const struct row rows[] = {
		{ "composed and decomposed",
		  { "Åse", "Øverås", NULL },
		  { "A\u030ase", "Øvera\u030as", NULL },
		  true,
		  { NULL } },
		{ "capitals",
		  { "ÅSE", "ØVERÅS", NULL },
		  { "Åse", "Øverås", NULL },
		  true,
		  { NULL } },
		{ "without diacritics",
		  { "Ase", "Overas", NULL },
		  { "Åse", "Øverås", NULL },
		  true,
		  { NULL } },
		{ "aa and å",
		  { "Haakon", "Bjork", NULL },
		  { "Håkon", "Bjørk", NULL },
		  true,
		  { NULL } },
		{ "Sámi",
		  { "Ŋávdna Máret", "Đivgi", NULL },
		  { "ŊÁVDNA", "ĐIVGI", NULL },
		  true,
		  { NULL } },
		{ "Vietnamese",
		  { "Thị Hồng", "Nguyễn", NULL },
		  { "Thi Hong", "Nguyen", NULL },
		  true,
		  { NULL } },
		{ "Vietnamese siblings",
		  { "Thị Hồng", "Nguyễn", NULL },
		  { "Thị Lan", "Nguyễn", NULL },
		  false,
		  { NULL } },
		{ "a family name that is written like a particle",
		  { "Hồng", "Lê", NULL },
		  { "Hong", "Le", NULL },
		  true,
		  { NULL } },
		{ "a particle",
		  { "Jan", "van der Berg", NULL },
		  { "Jan", "Berg", NULL },
		  true,
		  { NULL } },
		{ "only the particle in common",
		  { "Jan", "van der Berg", NULL },
		  { "Jan", "van der Dahl", NULL },
		  false,
		  { NULL } },
		{ "an apostrophe",
		  { "Sean", "O\u2019Brien", NULL },
		  { "Sean", "OBrien", NULL },
		  true,
		  { NULL } },
		{ "given and family name the other way round",
		  { "Heddal", "Kari", NULL },
		  { "Kari", "Heddal", NULL },
		  true,
		  { NULL } },
		{ "Cyrillic",
		  { "Анна", "Мороз", NULL },
		  { "АННА", "МОРОЗ", NULL },
		  true,
		  { NULL } },
	};

	(void)state;
	compare_all(rows, LENGTH(rows));
}

static void initials_and_missing_names_prove_nothing(void **state)
{
	static const struct row rows[] = {
		{ "an initial alone",
		  { "K.", "Moe", NULL },
		  { "Kari", "Moe", NULL },
		  false,
		  { NULL } },
		{ "an initial beside a name",
		  { "Anne K.", "Moe", NULL },
		  { "Anne Kari", "Moe", NULL },
		  true,
		  { NULL } },
		{ "another initial",
		  { "Anne L.", "Moe", NULL },
		  { "Anne Kari", "Moe", NULL },
		  false,
		  { NULL } },
		{ "two initials",
		  { "A.K.", "Moe", NULL },
		  { "A K", "Moe", NULL },
		  false,
		  { NULL } },
		{ "an initial as family name",
		  { "Kari", "M.", NULL },
		  { "Kari", "M.", NULL },
		  false,
		  { NULL } },
		{ "no names",
		  { NULL, NULL, NULL },
		  { NULL, NULL, NULL },
		  false,
		  { NULL } },
		{ "one without a name",
		  { NULL, NULL, NULL },
		  { "Kari", "Moe", NULL },
		  false,
		  { NULL } },
		{ "without a given name",
		  { NULL, "Moe", NULL },
		  { "Kari", "Moe", NULL },
		  false,
		  { NULL } },
		{ "single names",
		  { NULL, "Suharto", "Suharto" },
		  { NULL, "Suharto", "Suharto" },
		  false,
		  { NULL } },
		{ "a single name beside a whole one",
		  { NULL, NULL, "Kari" },
		  { "Kari", "Moe", NULL },
		  false,
		  { NULL } },
		{ "only the display name",
		  { NULL, NULL, "Kari Anne Moe" },
		  { "Kari", "Moe", NULL },
		  true,
		  { NULL } },
		{ "only display names, of siblings",
		  { NULL, NULL, "Kari Moe" },
		  { NULL, NULL, "Ola Moe" },
		  false,
		  { NULL } },
		{ "family and display name",
		  { NULL, "Moe Dahl", "Kari Moe Dahl" },
		  { "Kari", "Dahl", NULL },
		  true,
		  { NULL } },
		{ "given and display name",
		  { "Kari", NULL, "Kari Moe" },
		  { "Kari", "Moe", NULL },
		  true,
		  { NULL } },
		{ "the whole name as family name",
		  { NULL, "Kari Moe", NULL },
		  { "Kari", "Moe", NULL },
		  true,
		  { NULL } },
		{ "blanks and marks",
		  { " ", "-", NULL },
		  { " ", "-", NULL },
		  false,
		  { NULL } },
	};

	(void)state;
	compare_all(rows, LENGTH(rows));
}

TESTS(given_and_family_name_must_agree,
      middle_and_former_names_are_family_names, writing_makes_no_difference,
      initials_and_missing_names_prove_nothing)

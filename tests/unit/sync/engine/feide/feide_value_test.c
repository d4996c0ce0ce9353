/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include "lib/compiler.h"
#include "sync/engine/feide/feide_value.h"

static const struct feide_group mathematics = {
	'u',          "MAT0006",    "987654321", "6a-matte",
	"2020-08-01", "2021-06-15", "student",   "Matematikk for 6A"
};

static void group_values_match_feides_examples(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	assert_string_equal(
	    feide_group_value(a, &mathematics),
	    "urn:mace:feide.no:go:group:u:MAT0006:NO987654321:6a-matte:"
	    "2020-08-01:2021-06-15:student:Matematikk%20for%206A");
	assert_string_equal(feide_groupid_value(a, &mathematics),
	                    "urn:mace:feide.no:go:groupid:u:NO987654321:"
	                    "6a-matte:2020-08-01:2021-06-15");
	arena_close(a);
}

static void a_local_id_has_one_encoding(void **state)
{
	static const char *const rows[][2] = {
		{ "6A-Matte", "6a-matte" },
		{ "prj-årbok", "prj-%C3%A5rbok" },
		{ "PRJ-ÅRBOK", "prj-%C3%A5rbok" },
		{ "ÆØÅ", "%C3%A6%C3%B8%C3%A5" },
		{ "ŊĐŠŽČŦÁ", "%C5%8B%C4%91%C5%A1%C5%BE%C4%8D%C5%A7%C3%A1" },
		{ "ŋđšžčŧá", "%C5%8B%C4%91%C5%A1%C5%BE%C4%8D%C5%A7%C3%A1" },
		{ "3×4", "3%C3%974" },
		{ "a:b c", "a%3Ab%20c" },
		{ "", "" },
	};
	struct arena *a = arena_open();

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++)
		assert_string_equal(feide_canonical(a, rows[i][0]), rows[i][1]);
	arena_close(a);
}

static void a_group_value_determines_its_id(void **state)
{
	struct arena *a = arena_open();
	struct feide_group odd = mathematics;

	(void)state;
	odd.code = "6A: Økt";
	odd.name = "med : kolon";
	assert_string_equal(
	    feide_groupid_from_group(a, feide_group_value(a, &odd)),
	    feide_groupid_value(a, &odd));
	assert_null(feide_groupid_from_group(a, "urn:mace:feide.no:go:grep:x"));
	assert_null(feide_groupid_from_group(
	    a, "urn:mace:feide.no:go:group:b::NO1:6a"));
	arena_close(a);
}

static void a_school_year_has_a_short_form(void **state)
{
	static const char whole[] =
	    "http://psi.udir.no/laereplan/aarstrinn/aarstrinn6";
	struct arena *a = arena_open();

	(void)state;
	assert_string_equal(feide_grep_value(a, "aarstrinn6"),
	                    feide_grep_value(a, whole));
	assert_string_equal(feide_grep_value(a, whole),
	                    "urn:mace:feide.no:go:grep:http://psi.udir.no/"
	                    "laereplan/aarstrinn/aarstrinn6");
	assert_true(feide_grep_is_year("aarstrinn6"));
	assert_false(feide_grep_is_year("MAT0006"));
	arena_close(a);
}

static void affiliations_include_all_they_imply(void **state)
{
	static const struct {
		enum affiliation_type kind;
		const char *values[4];
	} rows[] = {
		{ KIND_PUPIL, { "member", "student" } },
		{ KIND_TEACHER, { "employee", "faculty", "member" } },
		{ KIND_EMPLOYEE, { "employee", "member", "staff" } },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++)
		for (size_t v = 0; rows[i].values[v]; v++)
			assert_string_equal(feide_affiliations(rows[i].kind)[v],
			                    rows[i].values[v]);
	assert_null(feide_affiliations(KIND_POLITICIAN));
	assert_null(feide_affiliations(KIND_VENDOR));
	assert_null(feide_role(KIND_GUEST));
}

TESTS(group_values_match_feides_examples, a_local_id_has_one_encoding,
      a_group_value_determines_its_id, a_school_year_has_a_short_form,
      affiliations_include_all_they_imply)

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * config_school_test.c: groups, Feide host organisations and school years. */
#include "tests/unit/test.h"

#include "tests/unit/region/config/fixture.h"

#define DEFINE_CLEANUP                  \
	"realm notodden.example\n"      \
	"mail skole@notodden.example\n" \
	"legal-name \"NOTODDEN KOMMUNE\"\n"
#define SCHOOL(code, number)                \
	"school " code " \"En skole\" {\n"  \
	"organisation-number " number "\n"  \
	"under \"ou=" code ",ou=elever\"\n" \
	"under \"ou=x\" \"ou=y\"\n"         \
	"mail " code "@notodden.example\n}\n"

/* Loads the example with lines added to Notodden's file. */
static struct config *read_with(const struct fixture *f, const char *more,
                                struct conf_errors *wrong)
{
	const char *path = fixture_example(f);
	const char *file = fixture_path(f, "policies/notodden.conf");
	char *text = NULL;
	size_t length = 0;

	assert_true(file_read(f->arena, file, 1 << 20, &text, &length, NULL));
	fixture_put(f, "policies/notodden.conf",
	            replaced(f->arena, text, "\trules {",
	                     arena_printf(f->arena, "%s\trules {", more)));
	return config_load(f->arena, path, wrong);
}

static void a_school_owner_is_parsed_completely(void **state)
{
	struct fixture f = fixture_open();
	struct conf_errors wrong;
	struct config *cfg =
	    read_with(&f,
	              "groups {\nclass under \"ou=klasser\"\nunit under "
	              "\"ou=etater\"\n}\n"
	              "school-year 08-15 {\noverlap 7d\n}\n"
	              "feide {\n" DEFINE_CLEANUP
	              "national-id yes\n" SCHOOL("tuven", "974623609")
	                  SCHOOL("rygi", "974623617") "}\n",
	              &wrong);

	(void)state;
	assert_non_null(cfg);
	const struct municipality *m = config_municipality(cfg, "notodden");
	assert_int_equal(m->group_count, 2);
	assert_int_equal(m->groups[1].type, GROUP_UNIT);
	assert_string_equal(m->groups[0].subtree, "ou=klasser");
	assert_int_equal(m->school_year.month, 8);
	assert_int_equal(m->school_year.day, 15);
	assert_int_equal(m->school_year.overlap, 7 * 86400);
	assert_true(m->feide->national_id);
	assert_int_equal(m->feide->school_count, 2);
	assert_string_equal(m->feide->schools[1].code, "rygi");
	assert_string_equal(m->feide->schools[1].subtrees[2], "ou=y");
	assert_null(m->feide->schools[1].subtrees[3]);
	config_unref(cfg);
	arena_close(f.arena);
}

/* Publishing national ids needs an account in the catalogue. */
static void national_ids_need_a_feide_account(void **state)
{
	struct fixture f = fixture_open();
	struct conf_errors wrong = { .arena = f.arena };
	const char *path = fixture_example(&f);
	char *text = NULL;
	size_t length = 0;

	(void)state;
	assert_true(file_read(f.arena, path, 1 << 20, &text, &length, NULL));
	fixture_put(&f, "region.conf",
	            replaced(f.arena, text, "\t\tfeide   ", "\t\t# "));
	assert_true(file_read(f.arena,
	                      fixture_path(&f, "policies/notodden.conf"),
	                      1 << 20, &text, &length, NULL));
	fixture_put(&f, "policies/notodden.conf",
	            replaced(f.arena, text, "\trules {",
	                     "feide {\n" DEFINE_CLEANUP
	                     "national-id yes\n" SCHOOL(
				 "tuven", "974623609") "}\n\trules {"));
	assert_null(config_load(f.arena, path, &wrong));
	assert_non_null(strstr(conf_error_format(f.arena, &wrong.at[0]),
	                       "requires feide DN secret @NAME"));
	arena_close(f.arena);
}

static void the_school_year_starts_in_august_by_default(void **state)
{
	struct fixture f = fixture_open();
	struct config *cfg = fixture_region(&f);
	const struct municipality *m = config_municipality(cfg, "tinn");

	(void)state;
	assert_int_equal(m->school_year.month, 8);
	assert_int_equal(m->school_year.day, 1);
	assert_int_equal(m->school_year.overlap, 14 * 86400);
	assert_null(m->feide);
	assert_int_equal(m->group_count, 0);
	config_unref(cfg);
	arena_close(f.arena);
}

static void errors_in_schools_are_reported(void **state)
{
	static const struct {
		const char *more, *expected;
	} rows[] = {
		{ "school-year 02-29 {\noverlap 7d\n}\n",
		  "02-29 is not a day" },
		{ "school-year 8-1 {\noverlap 7d\n}\n", "8-1 is not a day" },
		{ "school-year 13-01 {\noverlap 7d\n}\n",
		  "13-01 is not a day" },
		{ "groups {\nclub under \"ou=x\"\n}\n", "club" },
		{ "groups {\nclass in \"ou=x\"\n}\n", "under" },
		{ "feide {\nrealm notodden.example\n}\n", "legal-name" },
		{ "feide {\n" DEFINE_CLEANUP SCHOOL("a", "974623608") "}\n",
		  "974623608 is not an organisation number" },
		{ "feide {\n" DEFINE_CLEANUP SCHOOL("a", "974623609")
		      SCHOOL("b", "974623609") "}\n",
		  "974623609 is already the organisation number of a" },
		{ "feide {\n" DEFINE_CLEANUP SCHOOL("a", "974623609")
		      SCHOOL("a", "974623617") "}\n",
		  "school a is already set" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct fixture f = fixture_open();
		struct conf_errors wrong;
		bool found = false;

		assert_null(read_with(&f, rows[i].more, &wrong));
		for (size_t k = 0; k < wrong.count; k++)
			found |=
			    strstr(conf_error_format(f.arena, &wrong.at[k]),
			           rows[i].expected) != NULL;
		if (!found)
			fail_msg("not reported: %s; but %s", rows[i].expected,
			         conf_error_format(f.arena, &wrong.at[0]));
		arena_close(f.arena);
	}
}

TESTS(a_school_owner_is_parsed_completely, national_ids_need_a_feide_account,
      the_school_year_starts_in_august_by_default,
      errors_in_schools_are_reported)

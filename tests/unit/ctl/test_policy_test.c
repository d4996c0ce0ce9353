/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include "ctl/ctl.h"
#include "tests/unit/region/config/fixture.h"

static int test_policy(const struct fixture *f, const char *conf,
                       const char *file)
{
	char *words[] = { arena_strdup(f->arena, "try"),
		          arena_strdup(f->arena, file), NULL };
	const struct command c = {
		.arena = f->arena, .conf = conf, .argv = words, .argc = 2
	};

	return command_test_policy(&c);
}

/* tests/ctl/run asks plugins: a unit test has no plugin host beside it. */
static void put_tinn_without_questions(const struct fixture *f)
{
	char *text = whole_file(f->arena, "policies/tinn.tries");

	text = replaced(f->arena, text, "lise   pupil  role consent",
	                "lise   pupil  given consent");
	text = replaced(f->arena, text, "ola    pupil ",
	                "ola    pupil  denied "
	                "consent ");
	fixture_put(f, "tinn.tries", text);
}

static void the_policies_pass_their_test_cases(void **state)
{
	struct fixture f = fixture_open();
	const char *conf = fixture_example(&f);

	(void)state;
	assert_int_equal(test_policy(&f, conf, "policies/kongsberg.tries"), 0);
	assert_int_equal(test_policy(&f, conf, "policies/notodden.tries"), 0);
	put_tinn_without_questions(&f);
	assert_int_equal(test_policy(&f, conf, fixture_path(&f, "tinn.tries")),
	                 0);
	arena_close(f.arena);
}

/* Test cases that must fail. */
static const char *const bad[] = {
	"nils pupil enters arkiv allowed",
	"nils pupil enters skole refused",
	"nils pupil enters skole at 2026-11-21T22:00 refused network",
	"nils pupil enters skole",
	"nils pupils enters skole allowed",
	"nils pupil skole allowed",
	"nils pupil enters skole allowed today",
	"nils pupil enters skole from nowhere allowed",
	"nils pupil enters skole at noon allowed",
	"nils pupil position 20 enters skole allowed",
	"nils pupil in nowhere enters skole allowed",
	"nils pupil role",
	"nils",
	"nils pupil enters skole needs",
};

static void a_wrong_test_case_fails(void **state)
{
	struct fixture f = fixture_open();
	const char *conf = fixture_example(&f);

	(void)state;
	for (size_t i = 0; i < LENGTH(bad); i++) {
		fixture_put(&f, "notodden.tries", bad[i]);
		if (test_policy(&f, conf, fixture_path(&f, "notodden.tries")) ==
		    0)
			fail_msg("passed: %s", bad[i]);
	}
	arena_close(f.arena);
}

/* A missing answer is no result, whatever the case expects. */
static void a_plugin_that_cannot_be_asked_fails_its_test_case(void **state)
{
	static const char *const results[] = { "allowed", "refused",
		                               "refused consent",
		                               "refused plugin-silent" };
	struct fixture f = fixture_open();
	const char *conf = fixture_example(&f);

	(void)state;
	for (size_t i = 0; i < LENGTH(results); i++) {
		fixture_put(&f, "tinn.tries",
		            arena_printf(f.arena,
		                         "nils pupil enters skole %s\n",
		                         results[i]));
		assert_int_equal(
		    test_policy(&f, conf, fixture_path(&f, "tinn.tries")), 1);
	}
	arena_close(f.arena);
}

static int check(const struct fixture *f, const char *file)
{
	char *words[] = { arena_strdup(f->arena, "check"),
		          arena_strdup(f->arena, file), NULL };
	const struct command c = {
		.arena = f->arena, .conf = "/nowhere", .argv = words, .argc = 2
	};

	return command_check(&c);
}

/* tests/ctl/run checks plugins: a unit test has no plugin host beside it. */
static void put_tinn_without_plugin(const struct fixture *f)
{
	char *text = whole_file(f->arena, "policies/tinn.conf");

	text = replaced(f->arena, text, "\tplugin  consent\n", "");
	text = replaced(f->arena, text, " when consent for skole", "");
	fixture_put(f, "policies/tinn.conf", text);
}

static void check_reports_whether_a_file_is_valid(void **state)
{
	struct fixture f = fixture_open();
	const char *conf = fixture_example(&f);

	(void)state;
	put_tinn_without_plugin(&f);
	assert_int_equal(check(&f, conf), 0);
	fixture_put(&f, "policies/zz.conf", "municipality zz {\n");
	assert_int_equal(check(&f, conf), 1);
	assert_int_equal(check(&f, fixture_path(&f, "none.conf")), 1);
	arena_close(f.arena);
}

TESTS(the_policies_pass_their_test_cases, a_wrong_test_case_fails,
      a_plugin_that_cannot_be_asked_fails_its_test_case,
      check_reports_whether_a_file_is_valid)

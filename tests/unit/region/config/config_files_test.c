/* SPDX-License-Identifier: AGPL-3.0-or-later
 * config_files_test.c: what each file may hold: the boundary of a
 * municipality's file, and what include and municipality-files read. */
#include "tests/unit/region/config/fixture.h"

#include <unistd.h>

#include "region/config/network.h"
#include "region/config/policy_parse.h"

/* The errors of the example after one change, one line each. */
static const char *errors_of(const struct fixture *f, const char *path)
{
	struct conf_errors wrong;
	struct config *cfg = config_load(f->arena, path, &wrong);
	const char *all = "";

	for (size_t i = 0; i < wrong.count; i++)
		all = arena_printf(f->arena, "%s%s\n", all,
		                   conf_error_format(f->arena, &wrong.at[i]));
	config_unref(cfg);
	return all;
}

static void expect_error(const char *errors, const char *expected)
{
	if (!strstr(errors, expected))
		fail_msg("expected: %s\nreported: %s", expected, errors);
}

static const char *tinn_with(const struct fixture *f, const char *before,
                             const char *after)
{
	return arena_printf(f->arena, "%s%s%s", before,
	                    whole_file(f->arena, "policies/tinn.conf"), after);
}

static void a_municipality_file_holds_no_other_statement(void **state)
{
	static const char *const statements[] = {
		"region other {\n}\n",
		"network everywhere 0.0.0.0/0\n",
		"directory own ldaps://evil.example {\n}\n",
		"service mine {\n\tname Mine\n}\n",
		"plugin mine\n",
		"municipality-files *.conf\n",
		"municipality vinje {\n}\n",
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(statements); i++) {
		struct fixture f = fixture_open();
		const char *path = fixture_example(&f);
		const char *keyword =
		    text_split(f.arena, statements[i], " ", NULL)[0];

		fixture_put(&f, "policies/tinn.conf",
		            tinn_with(&f, statements[i], ""));
		expect_error(errors_of(&f, path), "policies/tinn.conf:");
		fixture_put(&f, "policies/tinn.conf",
		            tinn_with(&f, "", statements[i]));
		expect_error(
		    errors_of(&f, path),
		    arena_printf(f.arena,
		                 ":1: %s belongs to the region's files: this "
		                 "file holds one block, `municipality tinn { "
		                 "... }`, and nothing else",
		                 keyword));
		arena_close(f.arena);
	}
}

static void a_municipality_file_is_checked_as_a_whole(void **state)
{
	static const struct {
		const char *text, *expected;
	} rows[] = {
		{ "", "tinn.conf:1:1: this file is empty: it holds one block, "
		      "`municipality tinn { ... }`" },
		{ "# only a comment\n", "tinn.conf:1:1: this file is empty" },
		{ "municipality vinje {\n}\n",
		  "tinn.conf:1:14: the municipality of this file is tinn, as "
		  "its name" },
		{ "include ../region.conf\n",
		  "tinn.conf:1:1: include is not allowed here" },
		{ "municipality tinn {\n\tinclude ../region.conf\n}\n",
		  "tinn.conf:2:2: include is not allowed here" },
		{ "municipality tinn {\n", "this { has no matching }" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct fixture f = fixture_open();
		const char *path = fixture_example(&f);

		fixture_put(&f, "policies/tinn.conf", rows[i].text);
		expect_error(errors_of(&f, path), rows[i].expected);
		arena_close(f.arena);
	}
}

/* Writes bytes with a NUL. */
static void bytes_that_are_no_text_are_one_error(void **state)
{
	static const char bytes[] = "\x7f"
				    "ELF\0\1\2\n{ } {\n\xff\xfe\n";
	struct fixture f = fixture_open();
	const char *path = fixture_example(&f);
	FILE *file = fopen(fixture_path(&f, "policies/tinn.conf"), "w");

	(void)state;
	assert_non_null(file);
	fwrite(bytes, 1, sizeof(bytes), file);
	fclose(file);
	assert_string_equal(
	    errors_of(&f, path),
	    arena_printf(f.arena, "%s:1:1: this is not a text file\n",
	                 fixture_path(&f, "policies/tinn.conf")));
	arena_close(f.arena);
}

static const char secret_line[] = "root:$6$hash-of-a-password:20000:0:::\n";

/* However a file of passwords gets among the files, no error repeats it. */
static void no_line_of_another_file_is_reported(void **state)
{
	struct fixture f = fixture_open();
	const char *path = fixture_example(&f);
	char *region = whole_file(f.arena, path);

	(void)state;
	fixture_put(&f, "shadow", secret_line);
	fixture_put(&f, "services.d/copy.conf", secret_line);
	fixture_put(&f, "policies/copy.conf", secret_line);
	fixture_put(&f, "region.conf",
	            arena_printf(f.arena,
	                         "%sinclude shadow\ninclude /etc/shadow\n"
	                         "include ../../etc/passwd\n"
	                         "municipality-files /etc/*\n",
	                         region));
	const char *errors = errors_of(&f, path);

	expect_error(errors, "include reads only files *.conf below ");
	expect_error(errors, "municipality-files reads only files *.conf "
	                     "below ");
	expect_error(errors, "services.d/copy.conf:1:1: this is not a "
	                     "configuration of Portvakt");
	expect_error(errors, "policies/copy.conf:1:1: this file holds one "
	                     "block");
	assert_null(strstr(errors, "hash-of-a-password"));
	assert_null(strstr(errors, "root"));
	fixture_put(&f, "region.conf", secret_line);
	errors = errors_of(&f, path);
	expect_error(errors, "region.conf:1:1: this is not a configuration");
	assert_null(strstr(errors, "hash-of-a-password"));
	arena_close(f.arena);
}

static void a_link_out_of_the_folder_is_not_followed(void **state)
{
	struct fixture f = fixture_open(), other = fixture_open();
	const char *path = fixture_example(&f);

	(void)state;
	fixture_put(&other, "vinje.conf", "municipality vinje {\n}\n");
	assert_int_equal(symlink(fixture_path(&other, "vinje.conf"),
	                         fixture_path(&f, "policies/vinje.conf")),
	                 0);
	expect_error(errors_of(&f, path),
	             "municipality-files reads only files *.conf below ");
	assert_int_equal(unlink(fixture_path(&f, "policies/vinje.conf")), 0);
	assert_string_equal(errors_of(&f, path), "");
	arena_close(f.arena);
	arena_close(other.arena);
}

static void an_included_municipality_is_rejected(void **state)
{
	struct fixture f = fixture_open();
	const char *path = fixture_example(&f);

	(void)state;
	fixture_put(&f, "region.conf",
	            replaced(f.arena, whole_file(f.arena, path),
	                     "municipality-files policies",
	                     "include policies"));
	expect_error(errors_of(&f, path),
	             "policies/tinn.conf:3:1: a municipality is not included: "
	             "name this file in municipality-files");
	arena_close(f.arena);
}

/* ---- networks of a municipality */

static const char tinn_rule[] = "employees    may enter portal";

static const char *with_network(const struct fixture *f, const char *network,
                                const char *rule)
{
	char *text = whole_file(f->arena, "policies/tinn.conf");

	text = replaced(f->arena, text, "\tdomain  ",
	                arena_printf(f->arena, "%s\n\tdomain  ", network));
	return replaced(f->arena, text, "\trules {\n",
	                arena_printf(f->arena, "\trules {\n\t\t%s\n", rule));
}

static void a_network_of_a_municipality_is_for_its_rules_only(void **state)
{
	struct fixture f = fixture_open();
	const char *path = fixture_example(&f);
	struct conf_errors wrong;
	bool known;

	(void)state;
	fixture_put(&f, "policies/tinn.conf",
	            with_network(&f, "\tnetwork townhall 192.0.2.0/24",
	                         "employees may enter portal when from "
	                         "townhall"));
	struct config *cfg = config_load(f.arena, path, &wrong);

	assert_non_null(cfg);
	const struct municipality *tinn = config_municipality(cfg, "tinn"),
				  *other =
				      config_municipality(cfg, "kongsberg");

	assert_null(config_network(cfg, "townhall"));
	assert_non_null(config_network_for(cfg, tinn, "townhall"));
	assert_non_null(config_network_for(cfg, tinn, "school"));
	assert_null(config_network_for(cfg, other, "townhall"));
	assert_null(config_network_for(cfg, NULL, "townhall"));
	assert_string_equal(
	    networks_containing(f.arena, cfg, tinn, "192.0.2.7", "")[0],
	    "townhall");
	assert_null(
	    networks_containing(f.arena, cfg, other, "192.0.2.7", "")[0]);
	assert_null(
	    networks_containing(f.arena, cfg, NULL, "192.0.2.7", "")[0]);
	(void)network_limit_subject(f.arena, cfg, "192.0.2.7", "", &known);
	assert_false(known);
	config_unref(cfg);
	fixture_put(&f, "policies/kongsberg.conf",
	            replaced(f.arena,
	                     whole_file(f.arena, "policies/kongsberg.conf"),
	                     "when until 2027-06-30", "when from townhall"));
	expect_error(errors_of(&f, path), "there is no network \"townhall\"");
	arena_close(f.arena);
}

static void a_network_of_a_municipality_has_ranges_and_its_own_name(
    void **state)
{
	static const struct {
		const char *network, *expected;
	} rows[] = {
		{ "\tnetwork school 0.0.0.0/0",
		  "the region has a network \"school\"; give this one another "
		  "name" },
		{ "\tnetwork townhall listener sikker-sone",
		  "a listener belongs to the region's networks" },
		{ "\tnetwork townhall 10.0.0.0/8 {\n\tshared yes\n}",
		  "network takes no block" },
		{ "\tnetwork townhall 10.0.0.0/33", "is not a network" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct fixture f = fixture_open();
		const char *path = fixture_example(&f);

		fixture_put(&f, "policies/tinn.conf",
		            with_network(&f, rows[i].network, tinn_rule));
		expect_error(errors_of(&f, path), rows[i].expected);
		arena_close(f.arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_municipality_file_holds_no_other_statement),
		cmocka_unit_test(a_municipality_file_is_checked_as_a_whole),
		cmocka_unit_test(bytes_that_are_no_text_are_one_error),
		cmocka_unit_test(no_line_of_another_file_is_reported),
		cmocka_unit_test(a_link_out_of_the_folder_is_not_followed),
		cmocka_unit_test(an_included_municipality_is_rejected),
		cmocka_unit_test(
		    a_network_of_a_municipality_is_for_its_rules_only),
		cmocka_unit_test(
		    a_network_of_a_municipality_has_ranges_and_its_own_name),
	};

	return cmocka_run_group_tests_name(__FILE__, tests, NULL, NULL);
}

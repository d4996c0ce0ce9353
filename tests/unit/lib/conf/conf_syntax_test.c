/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/conf/conf_syntax.h"
#include "lib/strbuf.h"

static struct arena *a;
static struct conf_errors wrong;
static struct conf_block top;

static int setup(void **state)
{
	(void)state;
	a = arena_open();
	wrong = (struct conf_errors){ .arena = a };
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_close(a);
	return 0;
}

static bool read_text(const char *text)
{
	return conf_syntax_parse_bytes(a, "t.conf", text, strlen(text), &top,
	                               &wrong);
}

static void a_statement_is_a_keyword_and_its_arguments(void **state)
{
	setup(state);
	assert_true(read_text("# a head\n"
	                      "\n"
	                      "network  school 10.40.0.0/16   # the schools\n"
	                      "name \"Tinn kommune\"\r\n"));
	assert_int_equal(top.count, 2);
	assert_int_equal(top.statements[0].arg_count, 3);
	assert_string_equal(top.statements[0].args[2], "10.40.0.0/16");
	assert_null(top.statements[0].args[3]);
	assert_int_equal(top.statements[0].line, 3);
	assert_int_equal(top.statements[0].columns[2], 17);
	assert_string_equal(conf_syntax_value(&top, "name", ""),
	                    "Tinn kommune");
	teardown(state);
}

static void a_hash_inside_an_argument_is_no_comment(void **state)
{
	setup(state);
	assert_true(
	    read_text("see https://a.example/#top \"# not a comment\""));
	assert_int_equal(top.statements[0].arg_count, 3);
	assert_string_equal(top.statements[0].args[1],
	                    "https://a.example/#top");
	assert_string_equal(top.statements[0].args[2], "# not a comment");
	teardown(state);
}

static void blocks_nest(void **state)
{
	const struct conf_statement *inner;

	setup(state);
	assert_true(read_text(
	    "region r {\n\tcatalogue x {\n\t\tbase b\n\t}\n"
	    "\tidle-timeout 30m\n}\nempty { }\nshort { idle-timeout 1m }\n"));
	assert_int_equal(top.count, 3);
	inner = conf_syntax_find(&top.statements[0].block, "catalogue");
	assert_string_equal(conf_syntax_value(&inner->block, "base", ""), "b");
	assert_int_equal(
	    conf_syntax_seconds(&top.statements[0].block, "idle-timeout", 0),
	    1800);
	assert_int_equal(top.statements[1].block.count, 0);
	assert_true(top.statements[1].has_block);
	assert_int_equal(
	    conf_syntax_seconds(&top.statements[2].block, "idle-timeout", 0),
	    60);
	teardown(state);
}

static void columns_count_characters_not_bytes(void **state)
{
	setup(state);
	assert_true(read_text("navn \"Øvre Eiker\" næring"));
	assert_int_equal(top.statements[0].columns[2], 19);
	teardown(state);
}

static void statements_of_one_keyword_are_found_in_order(void **state)
{
	const struct conf_statement *s;

	setup(state);
	assert_true(read_text("n 1\nm 5\nn 2%\n"));
	s = conf_syntax_find(&top, "n");
	assert_string_equal(conf_syntax_arg(s, 1), "1");
	s = conf_syntax_next(&top, s);
	assert_string_equal(conf_syntax_arg(s, 1), "2%");
	assert_null(conf_syntax_next(&top, s));
	assert_null(conf_syntax_arg(conf_syntax_find(&top, "none"), 1));
	teardown(state);
}

static void percent_is_parsed(void **state)
{
	setup(state);
	assert_true(
	    read_text("max-deactivations 2%\nall 100%\nbad 1000%\nworse %\n"));
	assert_int_equal(conf_syntax_percent(&top, "max-deactivations", -1), 2);
	assert_int_equal(conf_syntax_percent(&top, "all", -1), 100);
	assert_int_equal(conf_syntax_percent(&top, "bad", -1), -1);
	assert_int_equal(conf_syntax_percent(&top, "worse", -1), -1);
	teardown(state);
}

static const struct {
	const char *text;
	const char *complaint;
} mistakes[] = {
	{ "name \"Tinn\n",
	  "t.conf:1:6: the closing \" is missing on this line" },
	{ "a {\n\tb {\n\t}\n", "t.conf:1:3: this { has no matching }" },
	{ "a\n\t}\n", "t.conf:2:2: this } has no matching {" },
	{ "{\nb\n}\n",
	  "t.conf:1:1: a { must follow a keyword on the same line" },
	{ "a { b } c\n",
	  "t.conf:1:9: a new statement must start on its own line" },
	{ "a{\n",
	  "t.conf:1:1: unexpected { in an argument; put a space before it "
	  "or \"quotes\" around the argument" },
	{ "say \"x\"y\n",
	  "t.conf:1:8: a space is missing after the closing \"" },
	{ "say \x01\n",
	  "t.conf:1:5: this argument contains a control character" },
	{ "say \xC0\xAF\n", "t.conf:1:5: this argument is not valid UTF-8" },
	{ "include x.conf\n", "t.conf:1:1: include is not allowed here" },
	{ "include\n",
	  "t.conf:1:1: include expects one path: include services.d/*.conf" },
};

static void each_error_has_its_position(void **state)
{
	for (size_t i = 0; i < LENGTH(mistakes); i++) {
		setup(state);
		assert_false(read_text(mistakes[i].text));
		assert_int_equal(wrong.count, 1);
		assert_string_equal(conf_error_format(a, &wrong.at[0]),
		                    mistakes[i].complaint);
		teardown(state);
	}
}

static void parsing_continues_after_an_error(void **state)
{
	setup(state);
	assert_false(read_text("a \"x\nb\n}\nc {\nd }\n"));
	assert_int_equal(wrong.count, 2);
	assert_int_equal(top.count, 3);
	assert_string_equal(top.statements[2].args[0], "c");
	teardown(state);
}

static void a_hundred_thousand_braces_are_handled(void **state)
{
	enum { MANY = 100000 };
	struct strbuf t;

	setup(state);
	t = strbuf_init(a);
	for (int i = 0; i < MANY; i++)
		strbuf_append(&t, "a { ");
	assert_false(read_text(t.data));
	teardown(state);
}

static void formatted_and_parsed_again_it_is_the_same(void **state)
{
	const char *messy =
	    "  region   r   {  # x\n\n idle-timeout 30m\nname \"\" \"a "
	    "b\" \"#c\" \"{\"\n}\n";
	const char *tidy = "region r {\n\tidle-timeout 30m\n\tname \"\" \"a "
			   "b\" \"#c\" \"{\"\n}\n";

	setup(state);
	assert_true(read_text(messy));
	assert_string_equal(conf_syntax_format(a, &top), tidy);
	assert_true(read_text(tidy));
	assert_string_equal(conf_syntax_format(a, &top), tidy);
	teardown(state);
}

/* ---- files */

static char directory[64];

static const char *put_file(const char *name, const char *text)
{
	char *path = arena_printf(a, "%s/%s", directory, name);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	return path;
}

static void setup_directory(void **state)
{
	setup(state);
	strcpy(directory, "/tmp/conf_test.XXXXXX");
	assert_non_null(mkdtemp(directory));
	assert_int_equal(mkdir(arena_printf(a, "%s/p", directory), 0700), 0);
}

static void teardown_directory(void **state)
{
	static const char *const names[] = { "r.conf", "p/a.conf", "p/b.conf" };

	for (size_t i = 0; i < LENGTH(names); i++)
		(void)unlink(arena_printf(a, "%s/%s", directory, names[i]));
	(void)rmdir(arena_printf(a, "%s/p", directory));
	assert_int_equal(rmdir(directory), 0);
	teardown(state);
}

static void included_files_are_inserted_sorted(void **state)
{
	const char *path;

	setup_directory(state);
	put_file("p/b.conf", "two\n");
	put_file("p/a.conf", "one {\n x\n}\n");
	path = put_file("r.conf", "zero\ninclude p/*.conf\nthree\n");
	assert_true(conf_syntax_parse_file(a, path, &top, &wrong));
	assert_string_equal(conf_syntax_format(a, &top),
	                    "zero\none {\n\tx\n}\ntwo\nthree\n");
	assert_true(text_ends(top.statements[1].file, "/p/a.conf"));
	assert_int_equal(top.statements[1].line, 1);
	teardown_directory(state);
}

static void a_file_that_includes_itself_is_rejected(void **state)
{
	const char *path;

	setup_directory(state);
	put_file("p/a.conf", "include ../r.conf\n");
	path = put_file("r.conf", "include p/a.conf\n");
	assert_false(conf_syntax_parse_file(a, path, &top, &wrong));
	assert_int_equal(wrong.count, 1);
	assert_true(text_ends(wrong.at[0].file, "p/a.conf"));
	assert_true(text_ends(wrong.at[0].text, "includes itself"));
	teardown_directory(state);
}

static void a_named_file_must_exist_and_a_pattern_may_match_none(void **state)
{
	const char *path;

	setup_directory(state);
	path = put_file("r.conf", "include p/*.conf\ninclude p/none.conf\n");
	assert_false(conf_syntax_parse_file(a, path, &top, &wrong));
	assert_int_equal(wrong.count, 1);
	assert_int_equal(wrong.at[0].line, 2);
	assert_int_equal(wrong.at[0].column, 9);
	teardown_directory(state);
}

static void a_missing_configuration_is_an_error(void **state)
{
	setup(state);
	assert_false(
	    conf_syntax_parse_file(a, "/nowhere/r.conf", &top, &wrong));
	assert_int_equal(wrong.count, 1);
	assert_int_equal(top.count, 0);
	teardown(state);
}

TESTS(a_statement_is_a_keyword_and_its_arguments,
      a_hash_inside_an_argument_is_no_comment, blocks_nest,
      columns_count_characters_not_bytes,
      statements_of_one_keyword_are_found_in_order, percent_is_parsed,
      each_error_has_its_position, parsing_continues_after_an_error,
      a_hundred_thousand_braces_are_handled,
      formatted_and_parsed_again_it_is_the_same,
      included_files_are_inserted_sorted,
      a_file_that_includes_itself_is_rejected,
      a_named_file_must_exist_and_a_pattern_may_match_none,
      a_missing_configuration_is_an_error)

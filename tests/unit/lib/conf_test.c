/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/conf.h"
#include "lib/text.h"

static struct arena *a;
static struct conf_complaints wrong;
static struct conf_block top;

static int begin(void **state)
{
	(void)state;
	a = arena_open();
	wrong = (struct conf_complaints){ .arena = a };
	return 0;
}

static int end(void **state)
{
	(void)state;
	arena_close(a);
	return 0;
}

static bool read_text(const char *text)
{
	return conf_read_bytes(a, "t.conf", text, strlen(text), &top, &wrong);
}

static void a_statement_is_words_to_the_end_of_the_line(void **state)
{
	begin(state);
	assert_true(read_text("# a head\n"
	                      "\n"
	                      "network  school 10.40.0.0/16   # the schools\n"
	                      "name \"Tinn kommune\"\r\n"));
	assert_int_equal(top.count, 2);
	assert_int_equal(top.at[0].word_count, 3);
	assert_string_equal(top.at[0].words[2], "10.40.0.0/16");
	assert_null(top.at[0].words[3]);
	assert_int_equal(top.at[0].line, 3);
	assert_int_equal(top.at[0].columns[2], 17);
	assert_string_equal(conf_value(&top, "name", ""), "Tinn kommune");
	end(state);
}

static void a_hash_inside_a_word_is_a_letter(void **state)
{
	begin(state);
	assert_true(
	    read_text("see https://a.example/#top \"# not a comment\""));
	assert_int_equal(top.at[0].word_count, 3);
	assert_string_equal(top.at[0].words[1], "https://a.example/#top");
	assert_string_equal(top.at[0].words[2], "# not a comment");
	end(state);
}

static void blocks_stand_in_blocks(void **state)
{
	const struct conf_statement *inner;

	begin(state);
	assert_true(read_text("region r {\n\tcatalogue x {\n\t\tbase b\n\t}\n"
	                      "\tidle 30m\n}\nempty { }\nshort { idle 1m }\n"));
	assert_int_equal(top.count, 3);
	inner = conf_find(&top.at[0].block, "catalogue");
	assert_string_equal(conf_value(&inner->block, "base", ""), "b");
	assert_int_equal(conf_seconds(&top.at[0].block, "idle", 0), 1800);
	assert_int_equal(top.at[1].block.count, 0);
	assert_true(top.at[1].has_block);
	assert_int_equal(conf_seconds(&top.at[2].block, "idle", 0), 60);
	end(state);
}

static void columns_count_letters_not_bytes(void **state)
{
	begin(state);
	assert_true(read_text("navn \"Øvre Eiker\" næring"));
	assert_int_equal(top.at[0].columns[2], 19);
	end(state);
}

static void statements_of_one_name_are_found_in_turn(void **state)
{
	const struct conf_statement *s;

	begin(state);
	assert_true(read_text("n 1\nm 5\nn 2%\n"));
	s = conf_find(&top, "n");
	assert_string_equal(conf_word_at(s, 1), "1");
	s = conf_next(&top, s);
	assert_string_equal(conf_word_at(s, 1), "2%");
	assert_null(conf_next(&top, s));
	assert_null(conf_word_at(conf_find(&top, "none"), 1));
	assert_int_equal(conf_number(&top, "m", 7), 5);
	assert_int_equal(conf_number(&top, "none", 7), 7);
	end(state);
}

static void per_cent_is_read(void **state)
{
	begin(state);
	assert_true(read_text("brake 2%\nall 100%\nbad 1000%\nworse %\n"));
	assert_int_equal(conf_percent(&top, "brake", -1), 2);
	assert_int_equal(conf_percent(&top, "all", -1), 100);
	assert_int_equal(conf_percent(&top, "bad", -1), -1);
	assert_int_equal(conf_percent(&top, "worse", -1), -1);
	end(state);
}

static const struct {
	const char *text;
	const char *complaint;
} mistakes[] = {
	{ "name \"Tinn\n", "t.conf:1:6: this \" is never closed on its line" },
	{ "a {\n\tb {\n\t}\n", "t.conf:1:3: this { is never closed" },
	{ "a\n\t}\n", "t.conf:2:2: there is no { for this }" },
	{ "{\nb\n}\n", "t.conf:1:1: a { needs a word before it on its line" },
	{ "a { b } c\n",
	  "t.conf:1:9: a new statement begins on a line of its own" },
	{ "a{\n", "t.conf:1:1: { stands in the middle of a word; put a blank "
	          "before it or \"quotes\" round the word" },
	{ "say \"x\"y\n",
	  "t.conf:1:8: a blank is missing behind the closing \"" },
	{ "say \x01\n", "t.conf:1:5: a control character stands in this word" },
	{ "say \xC0\xAF\n", "t.conf:1:5: this word is not UTF-8" },
	{ "include x.conf\n", "t.conf:1:1: nothing can be included here" },
	{ "include\n",
	  "t.conf:1:1: include wants one path: include policies/*.conf" },
};

static void each_mistake_is_told_with_its_place(void **state)
{
	for (size_t i = 0; i < LENGTH(mistakes); i++) {
		begin(state);
		assert_false(read_text(mistakes[i].text));
		assert_int_equal(wrong.count, 1);
		assert_string_equal(conf_complaint_text(a, &wrong.at[0]),
		                    mistakes[i].complaint);
		end(state);
	}
}

static void reading_goes_on_after_a_mistake(void **state)
{
	begin(state);
	assert_false(read_text("a \"x\nb\n}\nc {\nd }\n"));
	assert_int_equal(wrong.count, 2);
	assert_int_equal(top.count, 3);
	assert_string_equal(top.at[2].words[0], "c");
	end(state);
}

static void a_hundred_thousand_braces_are_survived(void **state)
{
	enum { MANY = 100000 };
	struct text t;

	begin(state);
	t = text_in(a);
	for (int i = 0; i < MANY; i++)
		text_add(&t, "a { ");
	assert_false(read_text(t.at));
	end(state);
}

static void written_out_again_it_means_the_same(void **state)
{
	const char *messy = "  region   r   {  # x\n\n idle 30m\nname \"\" \"a "
			    "b\" \"#c\" \"{\"\n}\n";
	const char *tidy =
	    "region r {\n\tidle 30m\n\tname \"\" \"a b\" \"#c\" \"{\"\n}\n";

	begin(state);
	assert_true(read_text(messy));
	assert_string_equal(conf_text(a, &top), tidy);
	assert_true(read_text(tidy));
	assert_string_equal(conf_text(a, &top), tidy);
	end(state);
}

/* ---- files */

static char folder[64];

static const char *put(const char *name, const char *text)
{
	char *path = arena_print(a, "%s/%s", folder, name);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	return path;
}

static void begin_in_folder(void **state)
{
	begin(state);
	strcpy(folder, "/tmp/conf_test.XXXXXX");
	assert_non_null(mkdtemp(folder));
	assert_int_equal(mkdir(arena_print(a, "%s/p", folder), 0700), 0);
}

static void end_in_folder(void **state)
{
	static const char *const names[] = { "r.conf", "p/a.conf", "p/b.conf" };

	for (size_t i = 0; i < LENGTH(names); i++)
		(void)unlink(arena_print(a, "%s/%s", folder, names[i]));
	(void)rmdir(arena_print(a, "%s/p", folder));
	assert_int_equal(rmdir(folder), 0);
	end(state);
}

static void included_files_come_sorted_in_place(void **state)
{
	const char *path;

	begin_in_folder(state);
	put("p/b.conf", "two\n");
	put("p/a.conf", "one {\n x\n}\n");
	path = put("r.conf", "zero\ninclude p/*.conf\nthree\n");
	assert_true(conf_read(a, path, &top, &wrong));
	assert_string_equal(conf_text(a, &top),
	                    "zero\none {\n\tx\n}\ntwo\nthree\n");
	assert_true(text_ends(top.at[1].file, "/p/a.conf"));
	assert_int_equal(top.at[1].line, 1);
	end_in_folder(state);
}

static void a_file_that_includes_itself_is_refused(void **state)
{
	const char *path;

	begin_in_folder(state);
	put("p/a.conf", "include ../r.conf\n");
	path = put("r.conf", "include p/a.conf\n");
	assert_false(conf_read(a, path, &top, &wrong));
	assert_int_equal(wrong.count, 1);
	assert_true(text_ends(wrong.at[0].file, "p/a.conf"));
	assert_true(text_ends(wrong.at[0].text, "includes itself"));
	end_in_folder(state);
}

static void a_named_file_must_be_there_and_a_pattern_need_not(void **state)
{
	const char *path;

	begin_in_folder(state);
	path = put("r.conf", "include p/*.conf\ninclude p/none.conf\n");
	assert_false(conf_read(a, path, &top, &wrong));
	assert_int_equal(wrong.count, 1);
	assert_int_equal(wrong.at[0].line, 2);
	assert_int_equal(wrong.at[0].column, 9);
	end_in_folder(state);
}

static void a_configuration_that_is_not_there_is_a_complaint(void **state)
{
	begin(state);
	assert_false(conf_read(a, "/nowhere/r.conf", &top, &wrong));
	assert_int_equal(wrong.count, 1);
	assert_int_equal(top.count, 0);
	end(state);
}

TESTS(a_statement_is_words_to_the_end_of_the_line,
      a_hash_inside_a_word_is_a_letter, blocks_stand_in_blocks,
      columns_count_letters_not_bytes, statements_of_one_name_are_found_in_turn,
      per_cent_is_read, each_mistake_is_told_with_its_place,
      reading_goes_on_after_a_mistake, a_hundred_thousand_braces_are_survived,
      written_out_again_it_means_the_same, included_files_come_sorted_in_place,
      a_file_that_includes_itself_is_refused,
      a_named_file_must_be_there_and_a_pattern_need_not,
      a_configuration_that_is_not_there_is_a_complaint)

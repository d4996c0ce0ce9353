/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include "lib/json.h"
#include "lib/strbuf.h"

static const char *const bad[] = {
	"",
	"[]",
	"1",
	"\"x\"",
	"null",
	"{\"a\":1,\"a\":2}",
	"{\"a\":\"\\u0000\"}",
	"{\"a\":\"\xC0\xAF\"}",
	"{} x",
	"{}{}",
	"{'a':1}",
	"{\"a\":1,}",
	"{\"a\":NaN}",
	"// {}",
};

static void only_one_valid_object_is_parsed(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	for (size_t i = 0; i < LENGTH(bad); i++) {
		json_t *object = NULL;
		struct error err = { 0 };

		assert_false(
		    js_parse(a, bad[i], strlen(bad[i]), &object, &err));
		assert_int_equal(err.kind, ERROR_INVALID);
		assert_null(object);
	}
	arena_close(a);
}

static bool reads_at_depth(struct arena *a, int depth)
{
	struct strbuf t = strbuf_init(a);
	json_t *object;

	strbuf_append(&t, "{\"x\":\"]]]{{{\",\"a\":");
	for (int i = 1; i < depth; i++)
		strbuf_append(&t, "[");
	for (int i = 1; i < depth; i++)
		strbuf_append(&t, "]");
	strbuf_append(&t, depth > 1 ? "}" : "1}");
	return js_parse(a, t.data, t.length, &object, NULL);
}

static void depth_has_a_limit(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	assert_true(reads_at_depth(a, 1));
	assert_true(reads_at_depth(a, 32));
	assert_false(reads_at_depth(a, 33));
	assert_false(reads_at_depth(a, 100000));
	arena_close(a);
}

static void members_are_read_by_type(void **state)
{
	static const char text[] =
	    "{\"s\":\"x\",\"n\":7,\"t\":true,\"a\":[1],\"o\":{}}";
	struct arena *a = arena_open();
	json_t *o = NULL;

	(void)state;
	assert_true(js_parse(a, text, strlen(text), &o, NULL));
	assert_string_equal(js_string(o, "s"), "x");
	assert_null(js_string(o, "n"));
	assert_null(js_string(o, "none"));
	assert_int_equal(js_number(o, "n", -1), 7);
	assert_int_equal(js_number(o, "s", -1), -1);
	assert_true(js_true(o, "t"));
	assert_false(js_true(o, "n"));
	assert_non_null(js_array(o, "a"));
	assert_null(js_array(o, "o"));
	assert_non_null(js_object(o, "o"));
	assert_null(js_string(NULL, "s"));
	arena_close(a);
}

static void output_is_sorted_and_compact(void **state)
{
	struct arena *a = arena_open();
	json_t *o = js_own(a, json_pack("{s:i,s:[s]}", "v", 1, "a", "ø"));

	(void)state;
	js_set_string(o, "none", NULL);
	js_set_string(o, "b", "x");
	assert_string_equal(js_dump(a, o),
	                    "{\"a\":[\"ø\"],\"b\":\"x\",\"v\":1}");
	arena_close(a);
}

static void an_error_never_quotes_the_input(void **state)
{
	struct arena *a = arena_open();
	struct error err = { 0 };
	json_t *o;

	(void)state;
	assert_false(js_parse(a, "{\"p\": hunter2}", 14, &o, &err));
	assert_null(strstr(err.text, "hunter2"));
	arena_close(a);
}

/* Every character below U+0100, and integers at their limits. */
static json_t *edge_cases(void)
{
	char letters[256 * 2 + 1], *at = letters;

	for (unsigned c = 1; c < 0x100; c++) {
		if (c >= 0x80)
			*at++ = (char)(0xC0 | c >> 6);
		*at++ = (char)(c < 0x80 ? c : 0x80 | (c & 0x3F));
	}
	*at = '\0';
	return json_pack("{s:s, s:[I,I,i,f,f], s:{}, s:[], s:[b,b,n], s:s}",
	                 "letters", letters, "numbers", (json_int_t)INT64_MAX,
	                 (json_int_t)INT64_MIN, 0, 0.1, 1e300, "empty", "none",
	                 "words", 1, 0, "\"\n\\\u00e6", "");
}

static void output_equals_that_of_jansson(void **state)
{
	struct arena *a = arena_open();
	json_t *value = js_own(a, edge_cases());
	char *theirs = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS);
	char *as_it_came = json_dumps(value, JSON_COMPACT);
	struct strbuf t = strbuf_init(a);

	(void)state;
	js_append(&t, value);
	assert_string_equal(js_dump(a, value), theirs);
	assert_string_equal(t.data, as_it_came);
	free(theirs);
	free(as_it_came);
	arena_close(a);
}

TESTS(only_one_valid_object_is_parsed, depth_has_a_limit,
      members_are_read_by_type, output_is_sorted_and_compact,
      an_error_never_quotes_the_input, output_equals_that_of_jansson)

/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include "lib/json.h"
#include "lib/text.h"

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
		struct fault why = { 0 };

		assert_false(js_read(a, bad[i], strlen(bad[i]), &object, &why));
		assert_int_equal(why.kind, FAULT_INVALID);
		assert_null(object);
	}
	arena_close(a);
}

static bool reads_at_depth(struct arena *a, int depth)
{
	struct text t = text_in(a);
	json_t *object;

	text_add(&t, "{\"x\":\"]]]{{{\",\"a\":");
	for (int i = 1; i < depth; i++)
		text_add(&t, "[");
	for (int i = 1; i < depth; i++)
		text_add(&t, "]");
	text_add(&t, depth > 1 ? "}" : "1}");
	return js_read(a, t.at, t.length, &object, NULL);
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
	assert_true(js_read(a, text, strlen(text), &o, NULL));
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
	json_t *o = js_keep(a, json_pack("{s:i,s:[s]}", "v", 1, "a", "ø"));

	(void)state;
	js_put(o, "none", NULL);
	js_put(o, "b", "x");
	assert_string_equal(js_write(a, o),
	                    "{\"a\":[\"ø\"],\"b\":\"x\",\"v\":1}");
	arena_close(a);
}

static void an_error_never_quotes_the_input(void **state)
{
	struct arena *a = arena_open();
	struct fault why = { 0 };
	json_t *o;

	(void)state;
	assert_false(js_read(a, "{\"p\": hunter2}", 14, &o, &why));
	assert_null(strstr(why.text, "hunter2"));
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
	json_t *value = js_keep(a, edge_cases());
	char *theirs = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS);
	char *as_it_came = json_dumps(value, JSON_COMPACT);
	struct text t = text_in(a);

	(void)state;
	js_add(&t, value);
	assert_string_equal(js_write(a, value), theirs);
	assert_string_equal(t.at, as_it_came);
	free(theirs);
	free(as_it_came);
	arena_close(a);
}

TESTS(only_one_valid_object_is_parsed, depth_has_a_limit,
      members_are_read_by_type, output_is_sorted_and_compact,
      an_error_never_quotes_the_input, output_equals_that_of_jansson)

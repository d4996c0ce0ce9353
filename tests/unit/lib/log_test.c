/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include <unistd.h>

#include "lib/json.h"
#include "lib/log.h"

/* Returns what log_warn writes, by a pipe in place of standard error. */
static ssize_t logged(char *line, size_t room, const char *value)
{
	int saved = dup(STDERR_FILENO), ends[2];
	ssize_t length;

	assert_int_equal(pipe(ends), 0);
	dup2(ends[1], STDERR_FILENO);
	log_warn("directory away", "directory", "tinn", "why", value, NULL);
	dup2(saved, STDERR_FILENO);
	length = read(ends[0], line, room);
	close(saved);
	close(ends[0]);
	close(ends[1]);
	return length;
}

static void an_event_is_one_line_of_json(void **state)
{
	struct arena *a = arena_open();
	char line[4096];
	ssize_t length;
	json_t *o;

	(void)state;
	log_open("portvakt-test");
	length =
	    logged(line, sizeof(line), "a \"b\"\n{\"level\":\"error\"}\x1b");
	assert_true(length > 0 && line[length - 1] == '\n');
	assert_null(memchr(line, '\n', (size_t)length - 1));
	assert_true(js_parse(a, line, (size_t)length, &o, NULL));
	assert_string_equal(js_string(o, "level"), "warning");
	assert_string_equal(js_string(o, "program"), "portvakt-test");
	assert_string_equal(js_string(o, "what"), "directory away");
	assert_string_equal(js_string(o, "directory"), "tinn");
	assert_string_equal(js_string(o, "why"),
	                    "a \"b\"\\x0a{\"level\":\"error\"}\\x1b");
	arena_close(a);
}

static void a_missing_value_is_empty(void **state)
{
	struct arena *a = arena_open();
	char line[4096];
	ssize_t length = logged(line, sizeof(line), NULL);
	json_t *o;

	(void)state;
	assert_true(length > 0);
	/* A NULL value does not end the list: the field is there, empty. */
	assert_true(js_parse(a, line, (size_t)length, &o, NULL));
	assert_string_equal(js_string(o, "why"), "");
	arena_close(a);
}

TESTS(an_event_is_one_line_of_json, a_missing_value_is_empty)

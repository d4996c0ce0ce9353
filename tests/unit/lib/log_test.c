/* SPDX-License-Identifier: AGPL-3.0-or-later
 * log_test.c: the lines of the log, its table of events, and request ids. */
#include "tests/unit/test.h"

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/log.h"
#include "lib/strbuf.h"

enum { BUFFER_BYTES = 4 * PIPE_BUF };

static char line[BUFFER_BYTES];
static int saved_stderr, pipe_ends[2];

static void capture(void)
{
	saved_stderr = dup(STDERR_FILENO);
	assert_int_equal(pipe(pipe_ends), 0);
	dup2(pipe_ends[1], STDERR_FILENO);
}

/* Reads what was written to standard error into line. */
static size_t captured(void)
{
	dup2(saved_stderr, STDERR_FILENO);
	close(pipe_ends[1]);
	ssize_t length = read(pipe_ends[0], line, sizeof(line) - 1);

	close(saved_stderr);
	close(pipe_ends[0]);
	assert_true(length > 0);
	line[length] = '\0';
	return (size_t)length;
}

/* Returns the rest of a line about a directory, after its time. */
static const char *logged(const char *value)
{
	capture();
	log_event(LOG_LDAP_UNAVAILABLE, "directory", "tinn", "error", value,
	          NULL);
	size_t length = captured();

	assert_int_equal(line[length - 1], '\n');
	assert_null(memchr(line, '\n', length - 1));
	assert_true(length < PIPE_BUF);
	return strstr(line, " program=");
}

static int name_program(void **state)
{
	(void)state;
	log_open("portvakt-test");
	log_request_clear();
	return 0;
}

static void an_event_is_one_line_with_priority_name_and_fields(void **state)
{
	const char *rest = logged("gone");

	(void)state;
	assert_true(text_starts(line, "<4>ldap.unavailable time=20"));
	assert_string_equal(
	    rest, " program=portvakt-test directory=tinn error=gone\n");
}

static void each_event_has_its_priority_of_sd_daemon(void **state)
{
	(void)state;
	capture();
	log_event(LOG_PROCESS_START_FAILED, NULL);
	(void)captured();
	assert_true(text_starts(line, "<3>process.start_failed time="));
	capture();
	log_event(LOG_PROCESS_READY, NULL);
	(void)captured();
	assert_true(text_starts(line, "<6>process.ready time="));
}

static void values_are_quoted_and_escaped_when_needed(void **state)
{
	static const struct {
		const char *value, *expected;
	} cases[] = {
		{ NULL, "\"\"" },
		{ "", "\"\"" },
		{ "plain-1.2:3/4", "plain-1.2:3/4" },
		{ "Bø", "Bø" },
		{ "no answer", "\"no answer\"" },
		{ "a=b", "\"a=b\"" },
		{ "a\"b\\c", "\"a\\\"b\\\\c\"" },
		{ "a\n<3>b\x1b\x7f", "\"a\\x0a<3>b\\x1b\\x7f\"" },
		{ "a\xC2\x9B"
		  "b",
		  "a\\xc2\\x9bb" },
		{ "\xC3(", "\"\\xc3(\"" },
		{ "b\xF8", "\"b\\xf8\"" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		char expected[128];

		(void)snprintf(
		    expected, sizeof(expected),
		    " program=portvakt-test directory=tinn error=%s\n",
		    cases[i].expected);
		assert_string_equal(logged(cases[i].value), expected);
	}
}

static void a_long_value_is_cut_between_characters_and_marked(void **state)
{
	char value[4096];
	const char *rest;

	(void)state;
	/* Four offsets, so that each byte of a sequence is at the limit. */
	for (size_t offset = 0; offset < 4; offset++) {
		memset(value, 'a', offset);
		for (size_t i = offset; i + 3 < sizeof(value); i += 3)
			memcpy(value + i, "\xE2\x82\xAC", 4);
		rest = logged(value);
		assert_true(text_is_utf8(rest, strlen(rest)));
		assert_true(text_ends(rest, "\xE2\x82\xAC... cut=1\n"));
		assert_in_range(strlen(rest), 1000, 1100);
	}
}

static void an_escape_is_never_cut(void **state)
{
	char value[2048];

	(void)state;
	for (size_t offset = 0; offset < 4; offset++) {
		memset(value, '\n', sizeof(value));
		memset(value, 'a', offset);
		value[sizeof(value) - 1] = '\0';
		assert_true(text_ends(logged(value), "\\x0a...\" cut=1\n"));
	}
}

static void a_line_is_shorter_than_pipe_buf_whatever_the_fields(void **state)
{
	char value[3000];

	(void)state;
	memset(value, '"', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	capture();
	log_event(LOG_LDAP_UNAVAILABLE, "a", value, "b", value, "c", value, "d",
	          value, "e", value, "f", "1", NULL);
	size_t length = captured();

	assert_in_range(length, PIPE_BUF - 64, PIPE_BUF - 1);
	assert_true(text_ends(line, " cut=1\n"));
	assert_non_null(strstr(line, " d=\""));
	/* Every quote that opens is closed. */
	assert_non_null(strstr(line, "...\" cut=1\n"));
}

/* ---- the table */

static void append_sources(struct arena *a, struct strbuf *all,
                           const char *folder)
{
	FILE *list =
	    popen(arena_printf(a, "find %s -name '*.c' -not -path '*/build/*'",
	                       folder),
	          "re");
	char path[512];

	assert_non_null(list);
	while (fgets(path, sizeof(path), list)) {
		char *text;
		size_t length;

		path[strcspn(path, "\n")] = '\0';
		assert_true(file_read(a, path, 1 << 20, &text, &length, NULL));
		strbuf_append(all, text);
	}
	assert_int_equal(pclose(list), 0);
}

static bool is_used(const char *sources, const char *id)
{
	const size_t length = strlen(id);

	for (const char *at = sources; (at = strstr(at, id)); at += length)
		if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789",
		            at[length]))
			return true;
	return false;
}

static void every_event_has_a_unique_name_and_is_used(void **state)
{
	static const char *const ids[] = {
#define LOG_EVENT(id, name, priority, text) "LOG_" #id,
#include "lib/log_events.def"
#undef LOG_EVENT
	};
	static const char *const folders[] = { "lib", "region", "idp", "sync",
		                               "ctl" };
	struct arena *a = arena_open();
	struct strbuf sources = strbuf_init(a);

	(void)state;
	for (size_t i = 0; i < LENGTH(folders); i++)
		append_sources(a, &sources, folders[i]);
	for (int i = 0; i < LOG_EVENT_COUNT; i++) {
		if (!is_used(sources.data, ids[i]))
			fail_msg("%s is not used", ids[i]);
		for (int n = 0; n < i; n++)
			assert_string_not_equal(
			    log_event_name((enum log_event_id)i),
			    log_event_name((enum log_event_id)n));
	}
	arena_close(a);
}

static void every_event_has_a_sentence_and_a_dotted_name(void **state)
{
	static const struct {
		const char *name, *text;
	} events[] = {
#define LOG_EVENT(id, name, priority, text) { name, text },
#include "lib/log_events.def"
#undef LOG_EVENT
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(events); i++) {
		const char *name = events[i].name;

		assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz_."),
		                 strlen(name));
		assert_non_null(strchr(name, '.'));
		assert_true(text_ends(events[i].text, "."));
	}
}

/* ---- the request id */

static void the_request_id_is_on_each_line_of_its_thread(void **state)
{
	(void)state;
	log_request_set("0123456789abcdef");
	assert_string_equal(logged("gone"),
	                    " program=portvakt-test "
	                    "request=0123456789abcdef directory=tinn "
	                    "error=gone\n");
	log_request_clear();
	assert_null(log_request_get());
	assert_null(strstr(logged("gone"), "request="));
}

static void a_new_request_id_is_64_random_bits(void **state)
{
	char first[LOG_REQUEST_DIGITS + 1];

	(void)state;
	log_request_new();
	assert_int_equal(strlen(log_request_get()), LOG_REQUEST_DIGITS);
	(void)snprintf(first, sizeof(first), "%s", log_request_get());
	log_request_new();
	assert_string_not_equal(first, log_request_get());
}

static void a_malformed_request_id_is_not_used(void **state)
{
	static const char *const malformed[] = {
		NULL,
		"",
		"0123456789abcde",
		"0123456789abcdef0",
		"0123456789ABCDEF",
		"0123456789abcde\n",
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(malformed); i++) {
		log_request_set("0123456789abcdef");
		log_request_set(malformed[i]);
		assert_null(log_request_get());
	}
}

static void *other_thread(void *data)
{
	(void)data;
	return (void *)(uintptr_t)log_request_get();
}

static void a_request_id_belongs_to_one_thread(void **state)
{
	pthread_t thread;
	void *id;

	(void)state;
	log_request_new();
	assert_int_equal(pthread_create(&thread, NULL, other_thread, NULL), 0);
	assert_int_equal(pthread_join(thread, &id), 0);
	assert_null(id);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    an_event_is_one_line_with_priority_name_and_fields),
		cmocka_unit_test(each_event_has_its_priority_of_sd_daemon),
		cmocka_unit_test(values_are_quoted_and_escaped_when_needed),
		cmocka_unit_test(
		    a_long_value_is_cut_between_characters_and_marked),
		cmocka_unit_test(an_escape_is_never_cut),
		cmocka_unit_test(
		    a_line_is_shorter_than_pipe_buf_whatever_the_fields),
		cmocka_unit_test(every_event_has_a_unique_name_and_is_used),
		cmocka_unit_test(every_event_has_a_sentence_and_a_dotted_name),
		cmocka_unit_test(the_request_id_is_on_each_line_of_its_thread),
		cmocka_unit_test(a_new_request_id_is_64_random_bits),
		cmocka_unit_test(a_malformed_request_id_is_not_used),
		cmocka_unit_test(a_request_id_belongs_to_one_thread),
	};

	return cmocka_run_group_tests_name(__FILE__, tests, name_program, NULL);
}

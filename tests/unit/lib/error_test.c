/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include "lib/error.h"
#include "lib/strbuf.h"

static void an_error_has_its_kind_reason_and_text(void **state)
{
	struct error err = { 0 };

	(void)state;
	assert_false(
	    error_set_reason(&err, ERROR_REFUSED, "network", "not %s", "here"));
	assert_int_equal(err.kind, ERROR_REFUSED);
	assert_string_equal(err.reason, "network");
	assert_string_equal(err.text, "not here");
	assert_false(error_set(NULL, ERROR_INVALID, "ignored"));
}

static void a_long_text_is_cut_between_characters(void **state)
{
	static const char *const characters[] = { "\xC3\xB8", "\xE2\x82\xAC",
		                                  "\xF0\x9F\x99\x82" };

	(void)state;
	for (size_t i = 0; i < LENGTH(characters); i++)
		for (size_t offset = 0; offset < 4; offset++) {
			char text[1024];
			struct error err = { 0 };

			memset(text, 'a', offset);
			text[offset] = '\0';
			while (strlen(text) < 600)
				strcat(text, characters[i]);
			(void)error_set(&err, ERROR_INVALID, "%s", text);
			assert_true(text_is_utf8(err.text, strlen(err.text)));
			assert_in_range(strlen(err.text), ERROR_TEXT_SIZE - 4,
			                ERROR_TEXT_SIZE - 1);
		}
}

static void bytes_that_are_not_utf8_are_cut_at_the_size(void **state)
{
	char text[600];
	struct error err = { 0 };

	(void)state;
	memset(text, 0x80, sizeof(text));
	text[sizeof(text) - 1] = '\0';
	(void)error_set(&err, ERROR_INVALID, "%s", text);
	assert_int_equal(strlen(err.text), ERROR_TEXT_SIZE - 1);
}

TESTS(an_error_has_its_kind_reason_and_text,
      a_long_text_is_cut_between_characters,
      bytes_that_are_not_utf8_are_cut_at_the_size)

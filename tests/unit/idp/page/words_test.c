/* SPDX-License-Identifier: AGPL-3.0-or-later
 * messages_test.c: messages in all languages, and escaping in templates. */
#include "tests/unit/test.h"

#include "idp/page/page.h"
#include "pages.h"

static const char *const reasons[] = {
#define REASON(word, status) word,
#include "region/reasons.def"
#undef REASON
};

static void every_reason_has_a_message_in_every_language(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(reasons); i++)
		for (int l = 0; l < LANGUAGE_COUNT; l++) {
			enum word sentence = page_word("reason", reasons[i]);
			enum word todo = page_word("todo", reasons[i]);

			assert_int_not_equal(sentence, WORD_COUNT);
			assert_int_not_equal(todo, WORD_COUNT);
			assert_true(strlen(word_texts[l][sentence]) > 10);
			assert_true(strlen(word_texts[l][todo]) > 10);
		}
}

static void unknown_message_has_no_id(void **state)
{
	(void)state;
	assert_int_equal(page_word("reason", "no-such-reason"), WORD_COUNT);
	assert_int_equal(page_word("reason", ""), WORD_COUNT);
	assert_int_equal(
	    page_word("reason",
	              "a-word-that-is-much-longer-than-any-reason-ever-was"),
	    WORD_COUNT);
}

/* Attempts at cross-site scripting. */
static const char *const markup[] = {
	"<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>",
	"'onmouseover='alert(1)",    "</textarea><b>",
	"&lt;already&gt;",
};

static void untrusted_values_are_escaped(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(markup); i++) {
		struct arena *a = arena_open();
		struct text out = text_in(a);

		fill_login(&out, LANGUAGE_NB,
		           &(struct login_page){ .login = markup[i],
		                                 .service = markup[i],
		                                 .municipality_name = markup[i],
		                                 .choose = markup[i],
		                                 .error = markup[i],
		                                 .todo = markup[i] });
		assert_null(strstr(out.at, markup[i]));
		assert_null(strstr(out.at, "<script"));
		assert_null(strstr(out.at, "<img"));
		arena_close(a);
	}
}

static void message_parameter_is_replaced_and_escaped(void **state)
{
	struct arena *a = arena_open();
	struct text out = text_in(a);

	(void)state;
	say_login_to(&out, LANGUAGE_EN, "R&D <x>");
	assert_string_equal(out.at,
	                    "You are on your way to R&amp;D &lt;x&gt;.");
	arena_close(a);
}

static void an_absent_field_is_empty(void **state)
{
	struct arena *a = arena_open();
	struct text out = text_in(a);

	(void)state;
	fill_refused(&out, LANGUAGE_NN, &(struct refused_page){ 0 });
	assert_null(strstr(out.at, "(null)"));
	assert_null(strstr(out.at, "pv-code"));
	arena_close(a);
}

TESTS(every_reason_has_a_message_in_every_language, unknown_message_has_no_id,
      untrusted_values_are_escaped,
      message_parameter_is_replaced_and_escaped, an_absent_field_is_empty)

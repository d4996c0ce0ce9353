/* SPDX-License-Identifier: AGPL-3.0-or-later
 * messages_test.c: messages in all languages, and escaping in templates. */
#include "tests/unit/test.h"

#include "idp/page/page.h"
#include "pages.h"

static const char *const reasons[] = {
#define REASON(word, status) word,
#include "region/config/reasons.def"
#undef REASON
};

static void every_reason_has_a_message_in_every_language(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(reasons); i++)
		for (int l = 0; l < LANGUAGE_COUNT; l++) {
			enum message_id sentence =
			    page_message_id("reason", reasons[i]);
			enum message_id todo =
			    page_message_id("todo", reasons[i]);

			assert_int_not_equal(sentence, MSG_COUNT);
			assert_int_not_equal(todo, MSG_COUNT);
			assert_true(strlen(message_texts[l][sentence]) > 10);
			assert_true(strlen(message_texts[l][todo]) > 10);
		}
}

static void unknown_message_has_no_id(void **state)
{
	(void)state;
	assert_int_equal(page_message_id("reason", "no-such-reason"),
	                 MSG_COUNT);
	assert_int_equal(page_message_id("reason", ""), MSG_COUNT);
	assert_int_equal(
	    page_message_id(
		"reason",
		"a-text-that-is-much-longer-than-any-reason-ever-was"),
	    MSG_COUNT);
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
		struct strbuf out = strbuf_init(a);

		fill_login(&out, LANGUAGE_NB,
		           &(struct login_page){ .login = markup[i],
		                                 .service = markup[i],
		                                 .municipality_name = markup[i],
		                                 .choose = markup[i],
		                                 .error = markup[i],
		                                 .todo = markup[i] });
		assert_null(strstr(out.data, markup[i]));
		assert_null(strstr(out.data, "<script"));
		assert_null(strstr(out.data, "<img"));
		arena_close(a);
	}
}

static void message_parameter_is_replaced_and_escaped(void **state)
{
	struct arena *a = arena_open();
	struct strbuf out = strbuf_init(a);

	(void)state;
	msg_login_to(&out, LANGUAGE_EN, "R&D <x>");
	assert_string_equal(out.data,
	                    "You will continue to R&amp;D &lt;x&gt; after you "
	                    "log in.");
	arena_close(a);
}

static void an_absent_field_is_empty(void **state)
{
	struct arena *a = arena_open();
	struct strbuf out = strbuf_init(a);

	(void)state;
	fill_error(&out, LANGUAGE_NN, &(struct error_page){ 0 });
	assert_null(strstr(out.data, "(null)"));
	assert_null(strstr(out.data, "pv-code"));
	arena_close(a);
}

TESTS(every_reason_has_a_message_in_every_language, unknown_message_has_no_id,
      untrusted_values_are_escaped, message_parameter_is_replaced_and_escaped,
      an_absent_field_is_empty)

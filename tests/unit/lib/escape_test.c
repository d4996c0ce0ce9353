/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include "lib/escape.h"

static const struct {
	void (*escape)(struct strbuf *, const char *);
	const char *text;
	const char *written;
} rows[] = {
	{ escape_html, "<a href=\"x\">'&",
	  "&lt;a href=&quot;x&quot;&gt;&#39;&amp;" },
	{ escape_html, "Åse", "Åse" },
	{ escape_html, NULL, "" },
	{ escape_xml, "a<b>&\r\n\"", "a&lt;b&gt;&amp;&#xD;\n\"" },
	{ escape_xml_attribute, "a<b>&\"\t\r\n",
	  "a&lt;b>&amp;&quot;&#x9;&#xD;&#xA;" },
	{ escape_url, "a b/ø~._-?", "a%20b%2F%C3%B8~._-%3F" },
	{ escape_json, "\"\\\b\f\n\r\t\x01\x7F/ø",
	  "\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u007f/ø" },
	{ escape_filter, "*)(uid=*\\", "\\2a\\29\\28uid=\\2a\\5c" },
	{ escape_dn, " a,b+c\"d\\e<f>;=# ",
	  "\\ a\\,b\\+c\\\"d\\\\e\\<f\\>\\;\\=#\\ " },
	{ escape_dn, "#a\n", "\\#a\\0a" },
	{ escape_dn, " ", "\\ " },
	{ escape_log, "a\nb\\c\x1b[1m ø", "a\\x0ab\\\\c\\x1b[1m ø" },
	{ escape_log, "\xC3(", "\\xc3(" },
	{ escape_log, "\"\xF8\xC2\x85", "\\\"\\xf8\\xc2\\x85" },
	{ escape_utf8, "\"a\n\xC3( b\xF8\xE2\x82",
	  "\"a\n\\xc3( b\\xf8\\xe2\\x82" },
	{ escape_utf8, "Åse \xF0\x9F\x99\x82", "Åse \xF0\x9F\x99\x82" },
};

static void each_language_escapes_its_special_characters(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++)
		assert_string_equal(
		    escape_string(a, rows[i].escape, rows[i].text),
		    rows[i].written);
	arena_close(a);
}

static void a_log_value_is_escaped_whole(void **state)
{
	struct arena *a = arena_open();
	struct strbuf t = strbuf_init(a);

	(void)state;
	for (int i = 0; i < 5000; i++)
		strbuf_append(&t, "\n");
	assert_int_equal(strlen(escape_string(a, escape_log, t.data)), 20000);
	arena_close(a);
}

TESTS(each_language_escapes_its_special_characters,
      a_log_value_is_escaped_whole)

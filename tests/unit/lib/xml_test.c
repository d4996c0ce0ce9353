/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include <stdio.h>
#include <time.h>

#include "lib/strbuf.h"
#include "lib/xml.h"
#include "lib/xml_scan.h"

enum { MOST = 64 * 1024 };

static bool reads(struct arena *a, const char *bytes, size_t length,
                  enum xml_source source)
{
	const struct xml *root;

	return xml_parse(a, bytes, length, MOST, source, &root, NULL);
}

static const struct {
	const char *xml;
	bool in_message, in_file;
} forms[] = {
	{ "<a/>", true, true },
	{ "<a></a>\r\n", true, true },
	{ "\xEF\xBB\xBF<a/>", true, true },
	{ "<?xml version=\"1.0\"?><a/>", true, true },
	{ "<?xml version='1.0' encoding='utf-8' ?>\n<a b='c'/>", true, true },
	{ "<a xmlns='urn:x'><p:b xmlns:p='http://x.example/'/></a>", true,
	  true },
	{ "<a b=\"1 > 2\">&amp;&lt;&gt;&quot;&apos;&#229;</a>", true, true },
	{ "<a ID='_1'><b ID='_2'/></a>", true, true },
	/* Accepted from a file only. */
	{ "<a><!-- a comment --></a>", false, true },
	{ "<a>admin<!---->@kongsberg.example</a>", false, true },
	{ "<a><![CDATA[x]]></a>", false, true },
	{ "<!-- before --><a/>", false, true },
	/* Rejected from every source. */
	{ "", false, false },
	{ "text", false, false },
	{ "<a>", false, false },
	{ "</a>", false, false },
	{ "<a></b>", false, false },
	{ "<a/><b/>", false, false },
	{ "<a/>text", false, false },
	{ "<a></a></a>", false, false },
	{ "<a b=c/>", false, false },
	{ "<a b='1' b='2'/>", false, false },
	{ "<a b='<'/>", false, false },
	{ "<a b='1'", false, false },
	{ "<a>\x01</a>", false, false },
	{ "<a>\xC3</a>", false, false },
	{ "<a>&nbsp;</a>", false, false },
	{ "<a b='&x;'/>", false, false },
	{ "<a>&#0;</a>", false, false },
	{ "<a><?php ?></a>", false, false },
	{ "<?xml-stylesheet href='http://x.example/'?><a/>", false, false },
	{ "<?xml version='1.0' encoding='UTF-16'?><a/>", false, false },
	{ "<?xml version='1.0' encoding='UTF-7'?><a/>", false, false },
	{ "<!DOCTYPE a><a/>", false, false },
	{ "<!DOCTYPE a []><a/>", false, false },
	{ "<!DOCTYPE a SYSTEM 'x\"><!--'><a/>", false, false },
	{ "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>",
	  false, false },
	{ "<a><!DOCTYPE b></a>", false, false },
	/* Identifiers. */
	{ "<a ID='_1'><b ID='_1'/></a>", false, false },
	{ "<a ID='_1'><b Id='_1'/></a>", false, false },
	{ "<a ID='_1'><b id='_1'/></a>", false, false },
	{ "<a xml:id='_1'/>", false, false },
	{ "<a xmlns:p='urn:p' p:ID='_1' ID='_2'/>", false, false },
	{ "<a ID='_1 '/>", false, false },
	{ "<a ID='1'/>", false, false },
	{ "<a ID=''/>", false, false },
	/* Namespaces: CVE-2025-66475, CVE-2025-25292. */
	{ "<a xmlns:example='1'/>", false, false },
	{ "<a xmlns:example='http://example.com&#x80;'/>", false, false },
	{ "<p:a/>", false, false },
};

static void only_what_has_one_reading_is_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(forms); i++) {
		struct arena *a = arena_open();
		const char *xml = forms[i].xml;

		if (reads(a, xml, strlen(xml), XML_MESSAGE) !=
		        forms[i].in_message ||
		    reads(a, xml, strlen(xml), XML_FILE) != forms[i].in_file)
			fail_msg("row %zu: %s", i, xml);
		arena_close(a);
	}
}

static void utf16_and_a_nul_are_rejected(void **state)
{
	static const char wide[] = "\xFF\xFE<\0a\0/\0>\0";
	struct arena *a = arena_open();

	(void)state;
	assert_false(reads(a, wide, sizeof(wide) - 1, XML_MESSAGE));
	assert_false(reads(a, "<a/>\0", 5, XML_MESSAGE));
	assert_false(reads(a, "<a>\0</a>", 8, XML_MESSAGE));
	arena_close(a);
}

static void a_name_is_never_cut_at_a_comment(void **state)
{
	static const char xml[] = "<a>ola@<!-- x -->kongsberg<![CDATA[.ex]]>"
				  "<b>ample</b></a>";
	struct arena *a = arena_open();
	const struct xml *root;

	(void)state;
	assert_true(
	    xml_parse(a, xml, strlen(xml), MOST, XML_FILE, &root, NULL));
	assert_string_equal(xml_text(a, root), "ola@kongsberg.example");
	arena_close(a);
}

/* Replaces # by the number of the repetition. */
static char *repeated(struct arena *a, const char *before, const char *what,
                      int times, const char *after)
{
	struct strbuf t = strbuf_init(a);

	strbuf_append(&t, before);
	for (int i = 0; i < times; i++)
		for (const char *c = what; *c; c++)
			if (*c == '#')
				strbuf_appendf(&t, "%d", i);
			else
				strbuf_append_bytes(&t, c, 1);
	strbuf_append(&t, after);
	return t.data;
}

static const struct {
	const char *before, *what, *after;
	int good, bad;
} amounts[] = {
	{ "<a", " b#='1'", "/>", XML_SCAN_MAX_ATTRIBUTES,
	  XML_SCAN_MAX_ATTRIBUTES + 1 },
	{ "<a", " b#='1'", "/>", 1, 50000 },
	{ "<a", " xmlns:p#='urn:x'", "/>", XML_SCAN_MAX_NAMESPACES,
	  XML_SCAN_MAX_NAMESPACES + 1 },
	{ "<a", " xmlns:p#='urn:x'", "/>", 1, 40000 },
	{ "<a>", "<b/>", "</a>", XML_SCAN_MAX_ELEMENTS - 1,
	  XML_SCAN_MAX_ELEMENTS },
	{ "<a>", "text and text and text #", "</a>", 1, 3000 },
};

/* 50,000 attributes take libxml2 seconds; the scan rejects them at once. */
static void too_much_is_refused_before_the_parser(void **state)
{
	clock_t began = clock();

	(void)state;
	for (size_t i = 0; i < LENGTH(amounts); i++) {
		struct arena *a = arena_open();
		char *good = repeated(a, amounts[i].before, amounts[i].what,
		                      amounts[i].good, amounts[i].after);
		char *bad = repeated(a, amounts[i].before, amounts[i].what,
		                     amounts[i].bad, amounts[i].after);

		if (!reads(a, good, strlen(good), XML_MESSAGE) ||
		    reads(a, bad, strlen(bad), XML_MESSAGE))
			fail_msg("row %zu", i);
		arena_close(a);
	}
	assert_true(clock() - began < CLOCKS_PER_SEC);
}

static void depth_has_a_limit(void **state)
{
	static const int depths[] = { XML_SCAN_MAX_DEPTH,
		                      XML_SCAN_MAX_DEPTH + 1, 300, 9000 };

	(void)state;
	for (size_t i = 0; i < LENGTH(depths); i++) {
		struct arena *a = arena_open();
		char *open = repeated(a, "", "<a>", depths[i], "");
		char *both = repeated(a, open, "</a>", depths[i], "");

		assert_int_equal(reads(a, both, strlen(both), XML_MESSAGE),
		                 depths[i] <= XML_SCAN_MAX_DEPTH);
		arena_close(a);
	}
}

static void elements_are_found_by_namespace_and_name(void **state)
{
	static const char xml[] =
	    "<p:a xmlns:p='urn:one' xmlns:q='urn:two' x='1'>"
	    " <q:b>not this</q:b> <p:b> this </p:b><c/><p:b>that</p:b></p:a>";
	struct arena *a = arena_open();
	const struct xml *root, *b;

	(void)state;
	assert_true(
	    xml_parse(a, xml, strlen(xml), MOST, XML_MESSAGE, &root, NULL));
	assert_true(xml_is(root, "urn:one", "a"));
	assert_false(xml_is(root, "urn:two", "a"));
	assert_string_equal(xml_attribute(a, root, "x"), "1");
	assert_null(xml_attribute(a, root, "y"));
	assert_int_equal(xml_count(root, "urn:one", "b"), 2);
	assert_int_equal(xml_count_all(root, "urn:two", "b"), 1);
	b = xml_child(root, "urn:one", "b");
	assert_string_equal(xml_text(a, b), " this ");
	assert_string_equal(xml_text_trimmed(a, b), "this");
	assert_string_equal(xml_text(a, xml_next_same_name(b)), "that");
	assert_null(xml_next_same_name(xml_next_same_name(b)));
	assert_null(xml_child(NULL, "urn:one", "b"));
	assert_null(xml_text(a, NULL));
	arena_close(a);
}

static void unrepresentable_text_is_detected(void **state)
{
	(void)state;
	assert_true(xml_is_valid_text("Åse\tØdegård\n"));
	assert_true(xml_is_valid_text(""));
	assert_false(xml_is_valid_text(NULL));
	assert_false(xml_is_valid_text("\x01"));
	assert_false(xml_is_valid_text("\xED\xA0\x80"));
	assert_false(xml_is_valid_text("\xEF\xBF\xBF"));
	assert_true(xml_is_ncname("_a-1.b"));
	assert_false(xml_is_ncname("-a"));
	assert_false(xml_is_ncname("a b"));
	assert_false(xml_is_ncname("å"));
}

TESTS(only_what_has_one_reading_is_read, utf16_and_a_nul_are_rejected,
      a_name_is_never_cut_at_a_comment, too_much_is_refused_before_the_parser,
      depth_has_a_limit, elements_are_found_by_namespace_and_name,
      unrepresentable_text_is_detected)

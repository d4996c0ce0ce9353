/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include <strings.h>

#include "lib/strbuf.h"
#include "sync/engine/source/value_syntax.h"

static const struct {
	const char *field, *text, *value; /* value NULL: not taken */
} values[] = {
	{ "phone", "+47 35 01 50 00", "+47 35 01 50 00" },
	{ "phone", "+47 35 01 50 00 – sentralbord",
	  "+47 35 01 50 00 - sentralbord" },
	{ "phone", "+47\u00a035\u202f01\u00a050\u00a000", "+47 35 01 50 00" },
	{ "phone", "\u202a+47 35 01 50 00\u202c", "+47 35 01 50 00" },
	{ "phone", "350‑15‑000", "350-15-000" },
	{ "phone", "350−15−000", "350-15-000" },
	{ "phone", "35\t01", "35 01" },
	{ "phone", "35 01 50 00 (Bjørn)", NULL },
	{ "phone", "35015000 ☎", NULL },
	{ "phone", "35 01; 36 02", NULL },
	{ "phone", "–", NULL },
	{ "mail", "kari@tinn.example", "kari@tinn.example" },
	{ "mail", "Kari@Tinn.example", "Kari@Tinn.example" },
	{ "mail", "kari@tinn.example\u00a0", "kari@tinn.example" },
	{ "mail", "kari@sandøy.example", "kari@xn--sandy-yuA.example" },
	{ "mail", "kari@SANDØY.example", "kari@xn--sandy-yuA.example" },
	{ "mail", "bjørn@tinn.example", NULL },
	{ "mail", "bjørn@sandøy.example", NULL },
	{ "mail", "kari@-ø-.example", NULL },
	{ "mail", "øyvind", NULL },
	{ "employee-number", "10\u00a0200–3", "10 200-3" },
	{ "position", "60", "60" },
	{ "position", "060", "60" },
	{ "position", "33.33", "33" },
	{ "position", "33,33", "33" },
	{ "position", "60%", "60" },
	{ "position", "60\u00a0%", "60" },
	{ "position", "100.0", "100" },
	{ "position", "0,5", "0" },
	{ "position", "100,5", NULL },
	{ "position", "110", NULL },
	{ "position", "-20", NULL },
	{ "position", "33.", NULL },
	{ "position", "%", NULL },
	{ "position", "hel", NULL },
	{ "position", "1,000,0", NULL },
	{ "title", "Rådgiver – helse", "Rådgiver – helse" },
};

static void what_can_safely_be_read_is_read_and_the_rest_left_out(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(values); i++) {
		struct arena *a = arena_open();
		const char *cause = NULL;
		const char *got = value_syntax_read(a, values[i].field,
		                                    values[i].text, &cause);

		if (values[i].value ? !got || strcasecmp(got, values[i].value)
		                    : got || !cause)
			fail_msg("%s \"%s\" is \"%s\"", values[i].field,
			         values[i].text, got ? got : "not taken");
		arena_close(a);
	}
}

static const char *selected(struct arena *a, const char *field,
                            const char *texts, const char *before)
{
	json_t *list = json_array();

	for (char **t = text_split(a, texts, " ", NULL); *t; t++)
		(void)json_array_append_new(list, json_string(*t));
	const struct source_entry entry = {
		.attributes = js_own(a, json_pack("{s:o}", field, list))
	};

	return value_syntax_select(a, &entry, field, before);
}

static void of_several_values_the_written_one_stays(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	assert_string_equal(selected(a, "mail", "mu@x aaa@x", "mu@x"), "mu@x");
	assert_string_equal(selected(a, "mail", "aaa@x mu@x", "mu@x"), "mu@x");
	assert_string_equal(selected(a, "mail", "mu@x aaa@x", NULL), "aaa@x");
	assert_string_equal(selected(a, "mail", "mu@x aaa@x", "b@x"), "aaa@x");
	assert_string_equal(selected(a, "mail", "bjørn@x mu@x", NULL), "mu@x");
	assert_string_equal(selected(a, "position", "100 20", NULL), "20");
	assert_string_equal(selected(a, "position", "100 20,5", "20"), "20");
	assert_null(selected(a, "mail", "bjørn@x", "mu@x"));
	assert_null(selected(a, "mail", "", "mu@x"));
	arena_close(a);
}

static void what_is_left_out_is_listed_with_its_cause(void **state)
{
	struct arena *a = arena_open();
	const struct source_entry entry = {
		.attributes = js_own(
		    a, json_pack("{s:[s], s:[s, s], s:[s], s:[s, s]}",
		                 "position", "hel", "mail", "bjørn@x.example",
		                 "ok@x.example", "title", "Lærer", "left-out",
		                 "unit too-many", "title not-utf8"))
	};
	char *found = js_dump(a, value_syntax_not_taken(a, &entry));

	(void)state;
	assert_string_equal(found, "{\"mail\":\"mail-local-part\","
	                           "\"position\":\"not-percent\","
	                           "\"title\":\"not-utf8\","
	                           "\"unit\":\"too-many\"}");
	arena_close(a);
}

static void rights_are_never_optional(void **state)
{
	static const char *const rights[] = {
		"portvaktStatus",     "portvaktKind",
		"portvaktRole",       "portvaktFrom",
		"portvaktUntil",      "portvaktSuspended",
		"portvaktDirectory",  "portvaktMunicipality",
		"portvaktAnchor",     "portvaktDoubt",
		"portvaktProvedLink", "portvaktExpires",
		"portvaktProtected",  "portvaktJoin",
		"objectClass",
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rights); i++)
		assert_false(value_syntax_is_optional(rights[i], false));
	assert_true(value_syntax_is_optional("telephoneNumber", false));
	assert_true(value_syntax_is_optional("cn", false));
	assert_false(value_syntax_is_optional("cn", true));
	assert_false(value_syntax_is_optional("sn", true));
}

TESTS(what_can_safely_be_read_is_read_and_the_rest_left_out,
      of_several_values_the_written_one_stays,
      what_is_left_out_is_listed_with_its_cause, rights_are_never_optional)

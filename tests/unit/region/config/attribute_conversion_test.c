/* SPDX-License-Identifier: AGPL-3.0-or-later
 * The conversions of `map`: which are valid, and what a value becomes. */
#include "tests/unit/test.h"

#include "lib/strbuf.h"
#include "region/config/attribute_conversion.h"
#include "region/config/attribute_date.h"

/* Parses one `map` statement. */
static struct attribute_mapping parse(struct arena *a, const char *text,
                                      struct conf_errors *errors)
{
	struct conf_block top;

	*errors = (struct conf_errors){ .arena = a };
	assert_true(conf_syntax_parse_bytes(a, "region.conf", text,
	                                    strlen(text), &top, errors));
	const struct conf_statement *s = &top.statements[0];
	return (struct attribute_mapping){
		.field = s->args[1],
		.attribute = s->args[3],
		.conversion = attribute_conversion_parse(a, s, errors),
	};
}

static void an_unknown_combination_is_an_error_with_its_place(void **state)
{
	static const struct {
		const char *text, *error; /* NULL: valid */
	} rows[] = {
		{ "map login from uid", NULL },
		{ "map login from uid lower trim first", NULL },
		{ "map unit from ou default \"Ikke plassert\"", NULL },
		{ "map until from x date dd.mm.yyyy only-where a=b", NULL },
		{ "map until from x only-where \"type=Fast ansatt\" trim",
		  NULL },
		{ "map national-id from x only-where a=b", NULL },
		{ "map unit from ou only-where a=b=c", NULL },

		{ "map login from uid tirm",
		  "region.conf:1:20: there is no conversion \"tirm\"; did you "
		  "mean \"trim\"?; map accepts trim, lower, first, default, "
		  "date, only-where" },
		{ "map login from uid mail",
		  "region.conf:1:20: there is no conversion \"mail\"; map "
		  "accepts trim, lower, first, default, date, only-where" },
		{ "map login from uid default kari",
		  "region.conf:1:20: \"default\" is not for login, which "
		  "accepts trim, lower, first, only-where" },
		{ "map until from x default 2026-12-31",
		  "region.conf:1:18: \"default\" is not for until, which "
		  "accepts trim, first, date, only-where" },
		{ "map until from x lower",
		  "region.conf:1:18: \"lower\" is not for until, which accepts "
		  "trim, first, date, only-where" },
		{ "map title from x date unix",
		  "region.conf:1:18: \"date\" is not for title, which accepts "
		  "trim, first, default, only-where" },
		{ "map disabled from x first",
		  "region.conf:1:21: \"first\" is not for disabled, which "
		  "accepts only-where" },
		{ "map disabled from x default 0",
		  "region.conf:1:21: \"default\" is not for disabled, which "
		  "accepts only-where" },
		{ "map protected from x first",
		  "region.conf:1:22: \"first\" is not for protected, which "
		  "accepts trim, only-where" },
		{ "map national-id from x trim",
		  "region.conf:1:24: \"trim\" is not for national-id, which "
		  "accepts only-where" },
		{ "map login from uid trim lower trim",
		  "region.conf:1:31: \"trim\" is given twice" },
		{ "map until from x date",
		  "region.conf:1:18: date expects FORMAT" },
		{ "map until from x date dd.mm.yy",
		  "region.conf:1:23: date expects one of: dd.mm.yyyy "
		  "dd/mm/yyyy dd-mm-yyyy mm/dd/yyyy yyyy-mm-dd yyyymmdd unix "
		  "filetime" },
		{ "map until from x date DD.MM.YYYY",
		  "region.conf:1:23: date expects one of: dd.mm.yyyy "
		  "dd/mm/yyyy dd-mm-yyyy mm/dd/yyyy yyyy-mm-dd yyyymmdd unix "
		  "filetime" },
		{ "map unit from ou default",
		  "region.conf:1:18: default expects TEXT" },
		{ "map unit from ou only-where type",
		  "region.conf:1:29: only-where expects ATTRIBUTE=VALUE" },
		{ "map unit from ou only-where =a",
		  "region.conf:1:29: only-where expects ATTRIBUTE=VALUE" },
		{ "map unit from ou only-where type=",
		  "region.conf:1:29: only-where expects ATTRIBUTE=VALUE" },
		{ "map unit from ou only-where",
		  "region.conf:1:18: only-where expects ATTRIBUTE=VALUE" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct arena *a = arena_open();
		struct conf_errors errors;

		(void)parse(a, rows[i].text, &errors);
		const char *error = errors.count > 0
		                        ? conf_error_format(a, &errors.at[0])
		                        : NULL;
		if (errors.count > 1 || !text_equal(error, rows[i].error))
			fail_msg("%s: %s", rows[i].text, error);
		arena_close(a);
	}
}

enum { VALUES = 4 };

/* An entry with the attribute x, and type=Fast. */
static struct directory_entry entry_of(struct arena *a,
                                       const char *const values[VALUES])
{
	struct directory_attribute *t =
	    arena_array(a, struct directory_attribute, 2);

	t[0] = (struct directory_attribute){
		"x", arena_array(a, struct directory_value, VALUES), 0
	};
	for (size_t i = 0; i < VALUES && values[i]; i++)
		t[0].values[t[0].count++] =
		    (struct directory_value){ arena_strdup(a, values[i]),
			                      strlen(values[i]) };
	t[1] = (struct directory_attribute){
		"type", arena_new(a, struct directory_value), 1
	};
	t[1].values[0] =
	    (struct directory_value){ arena_strdup(a, " Fast "), 6 };
	return (struct directory_entry){ "uid=kari", t, 2 };
}

static char *joined(struct arena *a, const struct directory_attribute *t)
{
	struct strbuf out = strbuf_init(a);

	strbuf_append(&out, "");
	for (size_t i = 0; t && i < t->count; i++)
		strbuf_appendf(&out, "%s%s", i > 0 ? "|" : "",
		               t->values[i].bytes);
	return out.data;
}

static void a_value_becomes_what_the_conversions_make_of_it(void **state)
{
	static const struct {
		const char *conversions;
		const char *values[VALUES];
		const char *become;
	} rows[] = {
		{ "", { " Kari ", "" }, " Kari |" },
		{ "trim", { " Kari\t\r\n" }, "Kari" },
		{ "trim",
		  { "\xc2\xa0\xe2\x80\x8bKari\xc2\xa0Nordmann\xef\xbb\xbf" },
		  "Kari\xc2\xa0Nordmann" },
		{ "trim", { "\xe2\x80\x8b\xc2\xad ", "Ola" }, "Ola" },
		{ "trim", { "" }, "" },
		{ "first", { "b", "a", "c" }, "a" },
		{ "first", { "a", "c", "b" }, "a" },
		{ "first trim", { " ", "\xc2\xa0", "a", "b" }, "a" },
		{ "first", { NULL }, "" },
		{ "lower", { "KARI.ÅS", "Øyvind" }, "kari.ås|øyvind" },
		{ "lower", { "A\xcc\x8aS" }, "ås" },
		{ "lower trim first", { " KARI ", "OLA" }, "kari" },
		{ "only-where type=fast", { "a" }, "a" },
		{ "only-where TYPE=FAST", { "a" }, "a" },
		{ "only-where type=vikar", { "a" }, "" },
		{ "only-where type=fas", { "a" }, "" },
		{ "only-where missing=fast", { "a" }, "" },
		{ "only-where x=b", { "a", "b" }, "a|b" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct arena *a = arena_open();
		struct directory_entry e = entry_of(a, rows[i].values);
		struct conf_errors errors;
		struct attribute_mapping m = parse(
		    a,
		    arena_printf(a, "map login from x %s", rows[i].conversions),
		    &errors);
		char *become =
		    joined(a, attribute_conversion_apply(a, &m, &e, NULL));

		assert_int_equal(errors.count, 0);
		if (!text_equal(become, rows[i].become))
			fail_msg("row %zu: %s", i, become);
		arena_close(a);
	}
}

static void a_default_is_for_entries_of_the_condition_alone(void **state)
{
	static const struct {
		const char *conversions;
		const char *values[VALUES];
		const char *become;
	} rows[] = {
		{ "default 100", { NULL }, "100" },
		{ "default 100", { "80" }, "80" },
		{ "default 100", { "" }, "100" },
		{ "default 100 trim", { " \xc2\xa0" }, "100" },
		{ "default 100 only-where type=fast", { NULL }, "100" },
		{ "default 100 only-where type=vikar", { NULL }, "" },
		{ "default 100 only-where type=vikar", { "80" }, "" },
		{ "default \"To ord\"", { NULL }, "To ord" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct arena *a = arena_open();
		struct directory_entry e = entry_of(a, rows[i].values);
		struct conf_errors errors;
		struct attribute_mapping m =
		    parse(a,
		          arena_printf(a, "map position from x %s",
		                       rows[i].conversions),
		          &errors);
		char *become =
		    joined(a, attribute_conversion_apply(a, &m, &e, NULL));

		assert_int_equal(errors.count, 0);
		if (!text_equal(become, rows[i].become))
			fail_msg("row %zu: %s", i, become);
		arena_close(a);
	}
}

static void a_date_of_another_format_stays_unreadable(void **state)
{
	static const struct {
		const char *format, *text, *become; /* NULL: unreadable */
	} rows[] = {
		{ "dd.mm.yyyy", "31.12.2026", "2026-12-31" },
		{ "dd.mm.yyyy", " 1.8.2026\xc2\xa0", "2026-08-01" },
		{ "dd.mm.yyyy", "31.12.2026 00:00:00", "2026-12-31" },
		{ "dd.mm.yyyy", "31.12.2026T00:00", "2026-12-31" },
		{ "dd.mm.yyyy", "29.02.2028", "2028-02-29" },
		{ "dd.mm.yyyy", "29.02.2026", NULL },
		{ "dd.mm.yyyy", "31.12.26", NULL },
		{ "dd.mm.yyyy", "31.12.2026 12:30", NULL },
		{ "dd.mm.yyyy", "31/12/2026", NULL },
		{ "dd.mm.yyyy", "2026-12-31", NULL },
		{ "dd.mm.yyyy", "31.13.2026", NULL },
		{ "dd.mm.yyyy", "0.1.2026", NULL },
		{ "dd.mm.yyyy", "131.1.2026", NULL },
		{ "dd.mm.yyyy", "1..2026", NULL },
		{ "dd.mm.yyyy", "ukjent", NULL },
		{ "dd/mm/yyyy", "01/08/2026", "2026-08-01" },
		{ "mm/dd/yyyy", "08/01/2026", "2026-08-01" },
		{ "mm/dd/yyyy", "31/12/2026", NULL },
		{ "mm/dd/yyyy", "08.01.2026", NULL },
		{ "dd-mm-yyyy", "01-08-2026", "2026-08-01" },
		{ "yyyy-mm-dd", "2026-8-1", "2026-08-01" },
		{ "yyyy-mm-dd", "01-08-2026", NULL },
		{ "yyyymmdd", "20260801", "2026-08-01" },
		{ "yyyymmdd", "2026081", NULL },
		{ "yyyymmdd", "202608011", NULL },
		{ "yyyymmdd", "20260801235959", NULL },
		{ "unix", "0", "19700101000000Z" },
		{ "unix", "1798761599", "20261231235959Z" },
		{ "unix", "1798761599000", NULL },
		{ "unix", "-1", NULL },
		{ "unix", "31.12.2026", NULL },
		{ "filetime", "134397792000000000", "20261122000000Z" },
		{ "filetime", "0", "" },
		{ "filetime", "9223372036854775807", "" },
		{ "filetime", "9223372036854775808", NULL },
		{ "filetime", "aldri", NULL },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct arena *a = arena_open();
		const char *const values[VALUES] = { rows[i].text };
		struct directory_entry e = entry_of(a, values);
		struct conf_errors errors;
		size_t unreadable = 9;
		struct attribute_mapping m = parse(
		    a,
		    arena_printf(a, "map until from x date %s", rows[i].format),
		    &errors);
		char *become = joined(
		    a, attribute_conversion_apply(a, &m, &e, &unreadable));
		const char *expected =
		    rows[i].become ? rows[i].become
				   : arena_printf(a, "%s (not %s)",
		                                  rows[i].text, rows[i].format);

		if (!text_equal(become, expected) ||
		    unreadable != (rows[i].become == NULL))
			fail_msg("%s: %s", rows[i].text, become);
		arena_close(a);
	}
}

/* It is left out, and listed, where all values are checked. */
static void a_value_that_is_no_text_is_not_converted(void **state)
{
	struct arena *a = arena_open();
	struct conf_errors errors;
	struct attribute_mapping m =
	    parse(a, "map login from x trim lower first", &errors);
	struct directory_value v[] = { { (char *)"K\0A", 3 },
		                       { (char *)"\xff\xfe", 2 } };
	struct directory_attribute t = { "x", v, 1 };
	const struct directory_entry e = { "uid=kari", &t, 1 };

	(void)state;
	for (size_t i = 0; i < LENGTH(v); i++) {
		t.values = &v[i];
		const struct directory_attribute *made =
		    attribute_conversion_apply(a, &m, &e, NULL);

		assert_int_equal(made->count, 1);
		assert_int_equal(made->values[0].length, v[i].length);
		assert_memory_equal(made->values[0].bytes, v[i].bytes,
		                    v[i].length);
	}
	arena_close(a);
}

static void conversions_are_written_in_the_order_of_use(void **state)
{
	struct arena *a = arena_open();
	struct conf_errors errors;
	struct attribute_mapping m =
	    parse(a,
	          "map unit from x default \"En to\" lower first trim "
	          "only-where type=Fast",
	          &errors);

	(void)state;
	assert_string_equal(attribute_conversion_format(a, &m.conversion),
	                    " only-where \"type=Fast\" trim first lower "
	                    "default \"En to\"");
	m = parse(a, "map unit from x", &errors);
	assert_string_equal(attribute_conversion_format(a, &m.conversion), "");
	arena_close(a);
}

TESTS(an_unknown_combination_is_an_error_with_its_place,
      a_value_becomes_what_the_conversions_make_of_it,
      a_default_is_for_entries_of_the_condition_alone,
      a_date_of_another_format_stays_unreadable,
      a_value_that_is_no_text_is_not_converted,
      conversions_are_written_in_the_order_of_use)

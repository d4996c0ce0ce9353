/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include "lib/strbuf.h"
#include "sync/engine/catalogue/entry_json.h"
#include "sync/engine/target/former_name.h"

/* Returns the former names after the family name has become each of names
 * (separated by blanks), one after the other. */
static char *former_names_after(struct arena *a, const char *names)
{
	json_t *before = NULL;
	size_t count = 0;
	char **each = text_split(a, names, " ", &count);

	for (size_t i = 0; i < count; i++) {
		json_t *after =
		    js_own(a, before ? json_deep_copy(before) : json_object());

		entry_json_set(after, "sn", each[i]);
		former_name_update(a, after, before);
		before = after;
	}
	struct strbuf text = strbuf_init(a);
	const json_t *list = js_array(before, "portvaktFormerName");
	for (size_t i = 0; i < json_array_size(list); i++)
		strbuf_appendf(&text, "%s ",
		               json_string_value(json_array_get(list, i)));
	return text.data;
}

static void former_family_names_are_kept_once(void **state)
{
	static const struct {
		const char *names, *former;
	} rows[] = {
		{ "Heddal", "" },
		{ "Heddal Heddal", "" },
		{ "Heddal Berg", "Heddal " },
		{ "Heddal Berg Dahl", "Berg Heddal " },
		{ "Heddal Berg Heddal", "Berg " },
		{ "Heddal HEDDAL", "" },
		{ "Øverås Overas Berg", "Overas " },
		{ "Øverås Berg OVERÅS Berg", "OVERÅS " },
		{ "A1 B2 C3 D4 E5 F6", "A1 B2 C3 D4 E5 " },
	};
	struct arena *a = arena_open();

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++)
		assert_string_equal(former_names_after(a, rows[i].names),
		                    rows[i].former);
	arena_close(a);
}

static void at_most_five_are_kept_and_the_newest_is_one(void **state)
{
	struct arena *a = arena_open();
	char *former = former_names_after(a, "A1 B2 C3 D4 E5 F6 G7 H8");
	size_t count = 0;

	(void)state;
	(void)text_split(a, former, " ", &count);
	assert_int_equal(count, 5);
	assert_non_null(strstr(former, "G7"));
	assert_null(strstr(former, "H8"));
	arena_close(a);
}

TESTS(former_family_names_are_kept_once,
      at_most_five_are_kept_and_the_newest_is_one)

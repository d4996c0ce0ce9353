/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include "idp/session/walk.h"
#include "lib/text.h"

static struct telling telling(const char *service, enum told how)
{
	return (struct telling){ .part = { .service = service, .name_id = "n" },
		                 .how = how,
		                 .address = how == TOLD_BROWSER
		                                ? "https://sp.example/slo"
		                                : NULL };
}

static void the_browser_goes_to_one_service_after_the_other(void **state)
{
	struct arena *a = arena_open();
	const struct telling told[] = { telling("a", TOLD_YES),
		                        telling("b", TOLD_BROWSER),
		                        telling("c", TOLD_BROWSER) };
	const struct walk_for who = { .front = "saml", .by = "x" };
	json_t *walk = walk_of(a, &who, told, 3);

	(void)state;
	assert_true(walk_is(walk));
	assert_string_equal(js_string(walk_next(walk), "service"), "b");
	assert_true(walk_answered(walk, "b", true));
	assert_string_equal(js_string(walk_next(walk), "service"), "c");
	assert_false(walk_all_told(walk));
	assert_true(walk_answered(walk, "c", true));
	assert_null(walk_next(walk));
	assert_true(walk_all_told(walk));
	arena_close(a);
}

static void who_answers_is_believed_about_itself_and_once(void **state)
{
	struct arena *a = arena_open();
	const struct telling told[] = { telling("a", TOLD_CANNOT),
		                        telling("b", TOLD_BROWSER) };
	const struct walk_for who = { 0 };
	json_t *walk = walk_of(a, &who, told, 2);

	(void)state;
	assert_false(walk_answered(walk, "stranger", true));
	assert_true(walk_answered(walk, "a", true));
	assert_int_equal(walk_state(json_array_get(js_array(walk, "rows"), 0)),
	                 TOLD_CANNOT);
	assert_true(walk_answered(walk, "b", false));
	assert_true(walk_answered(walk, "b", true));
	assert_int_equal(walk_state(json_array_get(js_array(walk, "rows"), 1)),
	                 TOLD_AWAY);
	assert_false(walk_all_told(walk));
	arena_close(a);
}

static void what_cannot_be_read_counts_as_not_told(void **state)
{
	struct arena *a = arena_open();
	json_t *row = js_keep(a, json_pack("{s:s}", "state", "surely"));

	(void)state;
	assert_int_equal(walk_state(row), TOLD_AWAY);
	assert_int_equal(walk_state(NULL), TOLD_AWAY);
	assert_false(walk_is(NULL));
	assert_false(walk_is(js_keep(a, json_pack("{s:b}", "leave", 1))));
	arena_close(a);
}

static void a_page_is_left_out_only_where_there_is_nothing_to_read(void **state)
{
	static const struct {
		const char *by;
		size_t count;
		enum told how;
		bool is_short;
	} rows[] = {
		{ "x", 0, TOLD_YES, true },
		{ NULL, 0, TOLD_YES, true },
		{ NULL, 1, TOLD_YES, true },
		{ "x", 1, TOLD_YES, false },
		{ NULL, 1, TOLD_AWAY, false },
		{ NULL, 1, TOLD_CANNOT, false },
		{ NULL, 1, TOLD_BROWSER, false },
		{ NULL, 2, TOLD_YES, false },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct arena *a = arena_open();
		const struct telling told[] = { telling("a", rows[i].how),
			                        telling("b", rows[i].how) };
		const struct walk_for who = { .by = rows[i].by };

		if (walk_is_short(walk_of(a, &who, told, rows[i].count)) !=
		    rows[i].is_short)
			fail_msg("row %zu", i);
		arena_close(a);
	}
}

/* A part without a name is a choice made in the portal, or a refusal. */
static void only_who_was_told_of_the_person_is_told_of_the_end(void **state)
{
	struct part parts[] = {
		{ .service = "a", .name_id = "1" },
		{ .service = "b" },
		{ .service = "asker", .name_id = "2" },
		{ .service = "c", .name_id = "3" },
	};

	(void)state;
	assert_int_equal(walk_parts(parts, 4, "asker"), 2);
	assert_string_equal(parts[0].service, "a");
	assert_string_equal(parts[1].service, "c");
}

static void the_receipt_says_what_became_of_each(void **state)
{
	struct arena *a = arena_open();
	const struct telling told[] = { telling("a", TOLD_YES),
		                        telling("b", TOLD_AWAY) };
	const struct walk_for who = { 0 };
	json_t *said = walk_told(a, walk_of(a, &who, told, 2));

	(void)state;
	assert_string_equal(js_string(said, "a"), "told");
	assert_string_equal(js_string(said, "b"), "away");
	assert_int_equal(json_object_size(said), 2);
	arena_close(a);
}

TESTS(the_browser_goes_to_one_service_after_the_other,
      who_answers_is_believed_about_itself_and_once,
      what_cannot_be_read_counts_as_not_told,
      a_page_is_left_out_only_where_there_is_nothing_to_read,
      only_who_was_told_of_the_person_is_told_of_the_end,
      the_receipt_says_what_became_of_each)

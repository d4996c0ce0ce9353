/* SPDX-License-Identifier: AGPL-3.0-or-later
 * logout_txn_test.c: the state of a logout transaction. */
#include "tests/unit/test.h"

#include "idp/session/walk.h"
#include "lib/text.h"

static struct telling notification(const char *service, enum told how)
{
	return (struct telling){ .part = { .service = service, .name_id = "n" },
		                 .how = how,
		                 .address = how == TOLD_BROWSER
		                                ? "https://sp.example/slo"
		                                : NULL };
}

static void browser_visits_services_one_by_one(void **state)
{
	struct arena *a = arena_open();
	const struct telling notifications[] = { notification("a", TOLD_YES),
		                        notification("b", TOLD_BROWSER),
		                        notification("c", TOLD_BROWSER) };
	const struct walk_for initiator = { .front = "saml", .by = "x" };
	json_t *logout = walk_of(a, &initiator, notifications, 3);

	(void)state;
	assert_true(walk_is(logout));
	assert_string_equal(js_string(walk_next(logout), "service"), "b");
	assert_true(walk_answered(logout, "b", true));
	assert_string_equal(js_string(walk_next(logout), "service"), "c");
	assert_false(walk_all_told(logout));
	assert_true(walk_answered(logout, "c", true));
	assert_null(walk_next(logout));
	assert_true(walk_all_told(logout));
	arena_close(a);
}

static void answer_sets_only_its_own_status_once(void **state)
{
	struct arena *a = arena_open();
	const struct telling notifications[] = { notification("a", TOLD_CANNOT),
		                        notification("b", TOLD_BROWSER) };
	const struct walk_for initiator = { 0 };
	json_t *logout = walk_of(a, &initiator, notifications, 2);

	(void)state;
	assert_false(walk_answered(logout, "stranger", true));
	assert_true(walk_answered(logout, "a", true));
	assert_int_equal(walk_state(json_array_get(js_array(logout, "rows"), 0)),
	                 TOLD_CANNOT);
	assert_true(walk_answered(logout, "b", false));
	assert_true(walk_answered(logout, "b", true));
	assert_int_equal(walk_state(json_array_get(js_array(logout, "rows"), 1)),
	                 TOLD_AWAY);
	assert_false(walk_all_told(logout));
	arena_close(a);
}

static void unknown_status_is_read_as_failed(void **state)
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

static void page_is_skipped_only_without_other_participants(void **state)
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
		const struct telling notifications[] = { notification("a", rows[i].how),
			                        notification("b", rows[i].how) };
		const struct walk_for initiator = { .by = rows[i].by };

		if (walk_is_short(walk_of(a, &initiator, notifications, rows[i].count)) !=
		    rows[i].is_short)
			fail_msg("row %zu", i);
		arena_close(a);
	}
}

/* A participant without name_id: an affiliation selected in the portal, or an
 * error response. */
static void only_participants_with_a_name_id_are_selected(void **state)
{
	struct part participants[] = {
		{ .service = "a", .name_id = "1" },
		{ .service = "b" },
		{ .service = "asker", .name_id = "2" },
		{ .service = "c", .name_id = "3" },
	};

	(void)state;
	assert_int_equal(walk_parts(participants, 4, "asker"), 2);
	assert_string_equal(participants[0].service, "a");
	assert_string_equal(participants[1].service, "c");
}

static void audit_event_has_the_status_of_each_service(void **state)
{
	struct arena *a = arena_open();
	const struct telling notifications[] = { notification("a", TOLD_YES),
		                        notification("b", TOLD_AWAY) };
	const struct walk_for initiator = { 0 };
	json_t *results = walk_told(a, walk_of(a, &initiator, notifications, 2));

	(void)state;
	assert_string_equal(js_string(results, "a"), "told");
	assert_string_equal(js_string(results, "b"), "away");
	assert_int_equal(json_object_size(results), 2);
	arena_close(a);
}

TESTS(browser_visits_services_one_by_one,
      answer_sets_only_its_own_status_once,
      unknown_status_is_read_as_failed,
      page_is_skipped_only_without_other_participants,
      only_participants_with_a_name_id_are_selected,
      audit_event_has_the_status_of_each_service)

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * logout_txn_test.c: the state of a logout transaction. */
#include "tests/unit/test.h"

#include "idp/logout/logout_txn.h"
#include "lib/strbuf.h"

static struct logout_notification notification(const char *service,
                                               enum logout_status how)
{
	return (struct logout_notification){
		.participant = { .service = service, .name_id = "n" },
		.status = how,
		.redirect_url =
		    how == LOGOUT_BY_BROWSER ? "https://sp.example/slo" : NULL
	};
}

static void browser_visits_services_one_by_one(void **state)
{
	struct arena *a = arena_open();
	const struct logout_notification notifications[] = {
		notification("a", LOGOUT_DONE),
		notification("b", LOGOUT_BY_BROWSER),
		notification("c", LOGOUT_BY_BROWSER)
	};
	const struct logout_initiator initiator = { .protocol = "saml",
		                                    .service = "x" };
	json_t *logout = logout_txn_create(a, &initiator, notifications, 3);

	(void)state;
	assert_true(logout_txn_is_valid(logout));
	assert_string_equal(
	    js_string(logout_txn_next_front_channel(logout), "service"), "b");
	assert_true(logout_txn_set_answer(logout, "b", true));
	assert_string_equal(
	    js_string(logout_txn_next_front_channel(logout), "service"), "c");
	assert_false(logout_txn_all_done(logout));
	assert_true(logout_txn_set_answer(logout, "c", true));
	assert_null(logout_txn_next_front_channel(logout));
	assert_true(logout_txn_all_done(logout));
	arena_close(a);
}

static void answer_sets_only_its_own_status_once(void **state)
{
	struct arena *a = arena_open();
	const struct logout_notification notifications[] = {
		notification("a", LOGOUT_UNSUPPORTED),
		notification("b", LOGOUT_BY_BROWSER)
	};
	const struct logout_initiator initiator = { 0 };
	json_t *logout = logout_txn_create(a, &initiator, notifications, 2);

	(void)state;
	assert_false(logout_txn_set_answer(logout, "stranger", true));
	assert_true(logout_txn_set_answer(logout, "a", true));
	assert_int_equal(
	    logout_txn_status(json_array_get(js_array(logout, "rows"), 0)),
	    LOGOUT_UNSUPPORTED);
	assert_true(logout_txn_set_answer(logout, "b", false));
	assert_true(logout_txn_set_answer(logout, "b", true));
	assert_int_equal(
	    logout_txn_status(json_array_get(js_array(logout, "rows"), 1)),
	    LOGOUT_FAILED);
	assert_false(logout_txn_all_done(logout));
	arena_close(a);
}

static void services_that_the_browser_cannot_visit_have_failed(void **state)
{
	struct arena *a = arena_open();
	const struct logout_notification notifications[] = {
		notification("a", LOGOUT_DONE),
		notification("b", LOGOUT_BY_BROWSER),
		notification("c", LOGOUT_BY_BROWSER)
	};
	const struct logout_initiator initiator = { 0 };
	json_t *logout = logout_txn_create(a, &initiator, notifications, 3);

	(void)state;
	logout_txn_set_unreachable(logout);
	assert_null(logout_txn_next_front_channel(logout));
	assert_false(logout_txn_all_done(logout));
	assert_int_equal(
	    logout_txn_status(json_array_get(js_array(logout, "rows"), 0)),
	    LOGOUT_DONE);
	arena_close(a);
}

static void unknown_status_is_read_as_failed(void **state)
{
	struct arena *a = arena_open();
	json_t *row = js_own(a, json_pack("{s:s}", "state", "surely"));

	(void)state;
	assert_int_equal(logout_txn_status(row), LOGOUT_FAILED);
	assert_int_equal(logout_txn_status(NULL), LOGOUT_FAILED);
	assert_false(logout_txn_is_valid(NULL));
	assert_false(
	    logout_txn_is_valid(js_own(a, json_pack("{s:b}", "leave", 1))));
	arena_close(a);
}

static void page_is_skipped_only_without_other_participants(void **state)
{
	static const struct {
		const char *by;
		size_t count;
		enum logout_status how;
		bool is_short;
	} rows[] = {
		{ "x", 0, LOGOUT_DONE, true },
		{ NULL, 0, LOGOUT_DONE, true },
		{ NULL, 1, LOGOUT_DONE, true },
		{ "x", 1, LOGOUT_DONE, false },
		{ NULL, 1, LOGOUT_FAILED, false },
		{ NULL, 1, LOGOUT_UNSUPPORTED, false },
		{ NULL, 1, LOGOUT_BY_BROWSER, false },
		{ NULL, 2, LOGOUT_DONE, false },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct arena *a = arena_open();
		const struct logout_notification notifications[] = {
			notification("a", rows[i].how),
			notification("b", rows[i].how)
		};
		const struct logout_initiator initiator = { .service =
			                                        rows[i].by };

		if (logout_txn_nothing_to_show(logout_txn_create(
			a, &initiator, notifications, rows[i].count)) !=
		    rows[i].is_short)
			fail_msg("row %zu", i);
		arena_close(a);
	}
}

/* A participant without name_id: an affiliation selected in the portal, or an
 * error response. */
static void only_participants_with_a_name_id_are_selected(void **state)
{
	struct session_participant participants[] = {
		{ .service = "a", .name_id = "1" },
		{ .service = "b" },
		{ .service = "asker", .name_id = "2" },
		{ .service = "c", .name_id = "3" },
	};

	(void)state;
	assert_int_equal(logout_txn_select(participants, 4, "asker"), 2);
	assert_string_equal(participants[0].service, "a");
	assert_string_equal(participants[1].service, "c");
}

static void audit_event_has_the_status_of_each_service(void **state)
{
	struct arena *a = arena_open();
	const struct logout_notification notifications[] = {
		notification("a", LOGOUT_DONE), notification("b", LOGOUT_FAILED)
	};
	const struct logout_initiator initiator = { 0 };
	json_t *results = logout_txn_results(
	    a, logout_txn_create(a, &initiator, notifications, 2));

	(void)state;
	assert_string_equal(js_string(results, "a"), "done");
	assert_string_equal(js_string(results, "b"), "failed");
	assert_int_equal(json_object_size(results), 2);
	arena_close(a);
}

TESTS(services_that_the_browser_cannot_visit_have_failed,
      browser_visits_services_one_by_one, answer_sets_only_its_own_status_once,
      unknown_status_is_read_as_failed,
      page_is_skipped_only_without_other_participants,
      only_participants_with_a_name_id_are_selected,
      audit_event_has_the_status_of_each_service)

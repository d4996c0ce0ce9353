/* SPDX-License-Identifier: AGPL-3.0-or-later
 * anonymous_events_test.c: refusals without a person are counted when there are
 * many of them. */
#include "tests/unit/test.h"

#include "idp/audit/anonymous_events.h"
#include "lib/strbuf.h"

static long long counted;
static size_t appended;

static void append(const char *municipality, const json_t *event)
{
	assert_true(text_equal(municipality, "region") ||
	            text_equal(municipality, "tinn"));
	assert_string_equal(js_string(event, "what"), "refused");
	counted += js_number(event, "count", 0);
	appended++;
}

static int begin(void **state)
{
	(void)state;
	anonymous_events_write(true, append);
	counted = 0;
	appended = 0;
	return 0;
}

/* Returns how many of count such events are written one by one. */
static int written(const char *municipality, const json_t *event, int count)
{
	int good = 0;

	for (int i = 0; i < count; i++)
		good += anonymous_event_is_written(municipality, event);
	return good;
}

static void strangers_are_counted_after_some(void **state)
{
	struct arena *a = arena_open();
	json_t *junk = js_own(a, json_pack("{s:s, s:s}", "what", "refused",
	                                   "reason", "bad-request"));

	(void)state;
	assert_int_equal(written("region", junk, 1000), ANONYMOUS_PER_MINUTE);
	assert_int_equal(written("tinn", junk, 10), 0);
	anonymous_events_write(false, append);
	assert_int_equal(appended, 0);
	anonymous_events_write(true, append);
	assert_int_equal(appended, 2);
	assert_int_equal(counted, 1010 - ANONYMOUS_PER_MINUTE);
	assert_int_equal(written("region", junk, 1), 1);
	arena_close(a);
}

static void events_of_people_are_all_written(void **state)
{
	static const char *const members[] = { "person", "affiliation" };
	struct arena *a = arena_open();

	(void)state;
	for (size_t i = 0; i < LENGTH(members); i++)
		assert_int_equal(
		    written("tinn",
		            js_own(a, json_pack("{s:s, s:s}", "what", "refused",
		                                members[i], "an id")),
		            1000),
		    1000);
	assert_int_equal(written("tinn",
	                         js_own(a, json_pack("{s:s}", "what", "login")),
	                         1000),
	                 1000);
	arena_close(a);
}

static void failed_logins_and_limits_have_shares_of_their_own(void **state)
{
	struct arena *a = arena_open();
	json_t *failed =
	    js_own(a, json_pack("{s:s, s:s, s:s}", "what", "refused", "reason",
	                        "wrong-password", "service", "arkiv"));
	json_t *limited =
	    js_own(a, json_pack("{s:s, s:s, s:s}", "what", "refused", "reason",
	                        "too-many-from-network", "service", "arkiv"));

	(void)state;
	assert_int_equal(written("tinn", failed, 2000),
	                 FAILED_LOGINS_PER_MINUTE);
	assert_int_equal(written("tinn", limited, 2000), ANONYMOUS_PER_MINUTE);
	anonymous_events_write(true, append);
	assert_int_equal(counted, 4000 - FAILED_LOGINS_PER_MINUTE -
	                              ANONYMOUS_PER_MINUTE);
	arena_close(a);
}

static void reasons_without_end_are_counted_too(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	for (int i = 0; i < 1000; i++) {
		const char *reason = arena_printf(a, "reason-%d", i);
		json_t *event =
		    js_own(a, json_pack("{s:s, s:s}", "what", "refused",
		                        "reason", reason));

		(void)anonymous_event_is_written("region", event);
	}
	anonymous_events_write(true, append);
	assert_int_equal(counted, 1000 - ANONYMOUS_PER_MINUTE);
	assert_in_range(appended, 1, 128);
	arena_close(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(strangers_are_counted_after_some, begin),
		cmocka_unit_test_setup(events_of_people_are_all_written, begin),
		cmocka_unit_test_setup(
		    failed_logins_and_limits_have_shares_of_their_own, begin),
		cmocka_unit_test_setup(reasons_without_end_are_counted_too,
		                       begin),
	};

	return cmocka_run_group_tests_name(__FILE__, tests, NULL, NULL);
}

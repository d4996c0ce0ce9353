/* SPDX-License-Identifier: AGPL-3.0-or-later
 * previous_person_test.c: an earlier session in a browser is found once its
 * record exists, with a real Redis. */
#include "tests/unit/idp/session/browser_fixture.h"

#include "idp/http/cookies.h"
#include "idp/logout/previous_person.h"
#include "idp/session/previous_sessions.h"
#include "lib/hash.h"
#include "region/redis/store_end.h"

#define MARKER "{\"v\":1,\"person\":\"kari\",\"by\":\"f-kari\",\"key\":\"%s\"}"
#define PARTICIPANT \
	"{\"v\":1,\"issuer\":\"region\",\"service\":\"arkiv\",\"name\":\"n\"}"

static struct request_context *browser_with(struct browser *b,
                                            const char *previous)
{
	return browser_with_cookie(b, PREVIOUS_COOKIE, previous);
}

static int open_session_store(void **state)
{
	(void)open_all(state);
	r.session_store.max_lifetime = 36000;
	return 0;
}

/* A session of Kari, who uses the service arkiv. */
static struct store_session session_of_kari(const char *secret)
{
	const struct store_session kari = store_session_of(
	    f.arena, hash_sha256_hex(f.arena, secret, strlen(secret)), secret,
	    "kari");
	bool set;

	assert_true(store_begin_session(store, &r, &kari,
	                                arena_printf(f.arena, MARKER, kari.hex),
	                                7200, 1800, NULL));
	assert_true(store_set_participant(store, &r, kari.sid, "region arkiv",
	                                  PARTICIPANT, 60, &set, NULL));
	assert_true(set);
	return kari;
}

static void end_it(const struct store_session *one)
{
	struct store_end_result result;

	assert_true(store_end_session(store, &r, f.arena, one, "idle", 0,
	                              &result, NULL));
	assert_int_equal(result.parts.count, 2);
}

static bool is_found(struct request_context *ctx, const char *person,
                     struct previous_person *ret)
{
	const struct person p = { .id = person };
	const struct session s = { .person = &p };
	struct error err = { 0 };
	bool found;

	if (!previous_person_find(ctx, &s, ret, &found, &err))
		fail_msg("%s", err.text);
	return found;
}

/* Its idle end is noticed some seconds after its cookie is useless. */
static void a_session_without_a_record_is_found_when_it_has_one(void **state)
{
	const struct store_session kari = session_of_kari("one");
	struct previous_person previous;
	struct browser b;

	(void)state;
	struct request_context *ctx = browser_with(&b, kari.hex);

	assert_false(is_found(ctx, "ola", &previous));
	assert_int_equal(b.response.header_count, 0);
	assert_string_equal(previous_sessions(ctx)[0], kari.hex);
	end_it(&kari);
	assert_true(is_found(ctx, "ola", &previous));
	assert_string_equal(previous.open.askable.person, "kari");
	assert_string_equal(previous.open.askable.participants[0].service,
	                    "arkiv");
}

static void a_session_of_the_same_person_stays_in_the_list(void **state)
{
	const struct store_session kari = session_of_kari("two");
	struct previous_person previous;
	struct browser b;

	(void)state;
	end_it(&kari);
	struct request_context *ctx = browser_with(&b, kari.hex);

	assert_false(is_found(ctx, "kari", &previous));
	assert_string_equal(previous_sessions(ctx)[0], kari.hex);
}

static void a_session_whose_services_are_logged_out_leaves_the_list(
    void **state)
{
	const struct store_session kari = session_of_kari("three");
	struct previous_person previous;
	struct browser b;

	(void)state;
	end_it(&kari);
	assert_true(store_past_settle(store, &r, kari.hex, "region arkiv",
	                              "done", 0, NULL));
	struct request_context *ctx = browser_with(&b, kari.hex);

	assert_false(is_found(ctx, "ola", &previous));
	assert_null(previous_sessions(ctx)[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_session_without_a_record_is_found_when_it_has_one),
		cmocka_unit_test(
		    a_session_of_the_same_person_stays_in_the_list),
		cmocka_unit_test(
		    a_session_whose_services_are_logged_out_leaves_the_list),
	};

	return cmocka_run_group_tests_name(__FILE__, tests, open_session_store,
	                                   close_all);
}

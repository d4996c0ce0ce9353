/* SPDX-License-Identifier: AGPL-3.0-or-later
 * store_end_test.c: begin and end of a session, with a real redis-server. */
#include "tests/unit/region/redis/redis_server.h"

#include "region/redis/store_end.h"

#define MARKER "{\"key\":\"%s\",\"person\":\"p-1\",\"v\":1}"

static struct store *store;

static int open_all(void **state)
{
	(void)state;
	open_redis_fixture();
	r.session_store.max_lifetime = 36000;
	store = store_open(NULL);
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	store_close(store);
	stop_redis(SIGTERM);
	arena_close(f.arena);
	return 0;
}

static int empty_redis(void **state)
{
	redisContext *c;

	(void)state;
	freeReplyObject(run_as_operator(&c, "CONFIG SET maxmemory 0", "", ""));
	redisFree(c);
	freeReplyObject(run_as_operator(&c, "FLUSHALL", "", ""));
	redisFree(c);
	return 0;
}

static struct store_session session_of(const char *secret)
{
	return store_session_of(
	    f.arena, hash_sha256_hex(f.arena, secret, strlen(secret)), "sid",
	    "p-1");
}

static bool set_participant(const char *field, const char *value)
{
	bool set;

	assert_true(store_set_participant(store, &r, "sid", field, value, 60,
	                                  &set, NULL));
	return set;
}

/* A session with the participants arkiv and skole, used for ttl_s. */
static struct store_session begin(const char *secret, int64_t ttl_s)
{
	const struct store_session one = session_of(secret);
	static const char *const fields[] = { "region arkiv", "region skole" };

	assert_true(store_begin_session(store, &r, &one,
	                                arena_printf(f.arena, MARKER, one.hex),
	                                7200, ttl_s, NULL));
	plant(store_key(f.arena, "session", secret), "a session");
	for (size_t i = 0; i < LENGTH(fields); i++)
		assert_true(
		    set_participant(fields[i], "{\"name\":\"n\",\"v\":1}"));
	return one;
}

static bool is_replaced;

static size_t end_it(const struct store_session *one, int64_t notify_in_s,
                     size_t *ret_dropped)
{
	struct store_end_result result;

	assert_true(store_end_session(store, &r, f.arena, one, "logout",
	                              notify_in_s, &result, NULL));
	*ret_dropped = result.dropped;
	is_replaced = result.is_replaced;
	return result.parts.count;
}

static size_t take(int64_t lease_s)
{
	char **items;
	size_t count;

	assert_true(store_logouts_take(store, &r, f.arena, lease_s, 10, &items,
	                               &count, NULL));
	return count;
}

static const char *past_field(const char *hex, const char *name)
{
	struct store_fields past = { 0 };

	assert_true(store_past_read(store, &r, f.arena, hex, &past, NULL));
	for (size_t i = 0; i < past.count; i++)
		if (text_equal(past.names[i], name))
			return past.values[i];
	return NULL;
}

/* ---- the end ---- */

static void an_end_removes_the_session_and_queues_its_participants(void **state)
{
	const struct store_session one = begin("cookie", 1800);
	size_t dropped;

	(void)state;
	assert_int_equal(end_it(&one, 0, &dropped), 3);
	assert_int_equal(dropped, 0);
	assert_null(string_at(store_key(f.arena, "session", "cookie")));
	assert_int_equal(
	    number_from("EXISTS %s", store_key(f.arena, "parts", "sid")), 0);
	assert_int_equal(
	    number_from("EXISTS %s", store_key(f.arena, "person", "p-1")), 0);
	assert_int_equal(
	    number_from("EXISTS %s", store_key(f.arena, "idle", "queue")), 0);
	assert_int_equal(
	    number_from("ZCARD %s", store_key(f.arena, "logout", "queue")), 2);
}

static void of_two_ends_one_receives_the_participants(void **state)
{
	const struct store_session one = begin("cookie", 1800);
	size_t dropped;

	(void)state;
	assert_int_equal(end_it(&one, 0, &dropped), 3);
	assert_int_equal(end_it(&one, 0, &dropped), 0);
	assert_false(is_replaced);
	assert_int_equal(take(60), 2);
}

static void a_service_is_added_to_a_living_session_only(void **state)
{
	const struct store_session one = begin("cookie", 1800);
	size_t dropped;

	(void)state;
	assert_true(set_participant("region lms", "{\"name\":\"n\"}"));
	assert_int_equal(end_it(&one, 0, &dropped), 4);
	assert_false(set_participant("region portal", "{\"name\":\"n\"}"));
	assert_int_equal(
	    number_from("EXISTS %s", store_key(f.arena, "parts", "sid")), 0);
}

static void a_service_that_was_only_selected_is_not_notified(void **state)
{
	const struct store_session one = begin("cookie", 1800);
	size_t dropped;

	(void)state;
	assert_true(set_participant("region lms", "{\"affiliation\":\"f\"}"));
	assert_int_equal(end_it(&one, 0, &dropped), 4);
	assert_int_equal(take(60), 2);
}

static void the_record_has_cause_sid_and_time(void **state)
{
	const struct store_session one = begin("cookie", 1800);
	size_t dropped;
	json_t *end;

	(void)state;
	(void)end_it(&one, 0, &dropped);
	const char *text = past_field(one.hex, STORE_PAST_END);

	assert_non_null(text);
	assert_true(js_parse(f.arena, text, strlen(text), &end, NULL));
	assert_string_equal(js_string(end, "cause"), "logout");
	assert_string_equal(js_string(end, "sid"), "sid");
	assert_true(js_number(end, "at", 0) > 1700000000);
	assert_string_equal(past_field(one.hex, "region arkiv"),
	                    "{\"name\":\"n\",\"v\":1}");
}

/* The same person logged in again in this browser: the key is new. */
static void a_session_of_another_key_with_the_same_sid_goes_on(void **state)
{
	const struct store_session old = begin("old", 1800);
	size_t dropped;

	(void)state;
	(void)begin("new", 1800);
	assert_int_equal(
	    number_from("DEL %s", store_key(f.arena, "session", "old")), 1);
	assert_int_equal(end_it(&old, 0, &dropped), 0);
	assert_true(is_replaced);
	assert_int_equal(
	    number_from("HLEN %s", store_key(f.arena, "parts", "sid")), 3);
	assert_int_equal(take(60), 0);
}

/* Two logins began with the same session. */
static void either_of_two_keys_that_live_ends_the_session(void **state)
{
	const struct store_session one = begin("one", 1800);
	const struct store_session two = begin("two", 1800);
	size_t dropped;

	(void)state;
	assert_int_equal(end_it(&one, 0, &dropped), 3);
	assert_false(is_replaced);
	assert_int_equal(end_it(&two, 0, &dropped), 0);
	assert_false(is_replaced);
	assert_int_equal(take(60), 2);
}

static void a_full_queue_ends_the_session_and_reports_the_rest(void **state)
{
	const struct store_session one = begin("cookie", 1800);
	redisContext *c;
	size_t dropped;

	(void)state;
	freeReplyObject(run_as_operator(
	    &c, "EVAL %s 1 %s",
	    "for i=1,19999 do redis.call('ZADD',KEYS[1],9e9,i) end return 1",
	    store_key(f.arena, "logout", "queue")));
	redisFree(c);
	assert_int_equal(end_it(&one, 0, &dropped), 3);
	assert_int_equal(dropped, 1);
	assert_null(string_at(store_key(f.arena, "session", "cookie")));
}

static void a_session_ends_in_a_full_redis(void **state)
{
	const struct store_session one = begin("cookie", 1800);
	redisContext *c;
	size_t dropped;

	(void)state;
	freeReplyObject(
	    run_as_operator(&c, "CONFIG SET maxmemory 1000", "", ""));
	redisFree(c);
	assert_int_equal(end_it(&one, 0, &dropped), 3);
	assert_int_equal(
	    number_from("ZCARD %s", store_key(f.arena, "logout", "queue")), 2);
}

/* ---- the queue ---- */

static void an_item_is_one_processs_until_its_lease_ends(void **state)
{
	const struct store_session one = begin("cookie", 1800);
	size_t dropped;

	(void)state;
	(void)end_it(&one, 0, &dropped);
	assert_int_equal(take(0), 2);
	assert_int_equal(take(60), 2);
	assert_int_equal(take(60), 0);
}

static void a_caller_that_notifies_itself_has_the_lease(void **state)
{
	const struct store_session one = begin("cookie", 1800);
	size_t dropped;

	(void)state;
	(void)end_it(&one, 10, &dropped);
	assert_int_equal(take(60), 0);
}

static void a_settled_notification_leaves_the_queue(void **state)
{
	const struct store_session one = begin("cookie", 1800);
	size_t dropped;

	(void)state;
	(void)end_it(&one, 0, &dropped);
	assert_true(store_past_settle(store, &r, one.hex, "region arkiv",
	                              "done", 0, NULL));
	assert_string_equal(past_field(one.hex, "=region arkiv"), "done");
	assert_int_equal(take(60), 1);
}

static void a_failed_notification_is_due_later(void **state)
{
	const struct store_session one = begin("cookie", 1800);
	size_t dropped;

	(void)state;
	(void)end_it(&one, 0, &dropped);
	assert_true(store_past_settle(store, &r, one.hex, "region arkiv",
	                              "failed", 30, NULL));
	assert_string_equal(past_field(one.hex, "=region arkiv"), "failed");
	assert_int_equal(take(60), 1);
	assert_int_equal(
	    number_from("ZCARD %s", store_key(f.arena, "logout", "queue")), 2);
}

static void a_record_that_expired_is_not_created_by_a_late_answer(void **state)
{
	const struct store_session one = begin("cookie", 1800);
	size_t dropped;

	(void)state;
	(void)end_it(&one, 0, &dropped);
	assert_true(store_delete_hashed(store, &r, "past", one.hex, NULL));
	assert_true(store_past_settle(store, &r, one.hex, "region arkiv",
	                              "failed", 30, NULL));
	assert_null(past_field(one.hex, "=region arkiv"));
	assert_int_equal(
	    number_from("ZCARD %s", store_key(f.arena, "logout", "queue")), 1);
}

/* Every key expires. */
static void the_queues_and_the_record_expire(void **state)
{
	const struct store_session one = begin("cookie", 1800);
	size_t dropped;

	(void)state;
	assert_true(number_from("TTL %s", store_key(f.arena, "idle", "queue")) >
	            36000);
	(void)end_it(&one, 0, &dropped);
	assert_true(
	    number_from("TTL %s", store_key(f.arena, "logout", "queue")) > 0);
	assert_in_range(
	    number_from("TTL %s", store_key(f.arena, "past", "cookie")), 35990,
	    36000);
}

/* ---- revocations ---- */

static void a_revocation_is_queued_where_there_are_sessions(void **state)
{
	struct store_logout_item item;
	char **items;
	size_t count;

	(void)state;
	assert_true(store_queue_revocation(store, &r, "p-1", "f-1", NULL));
	assert_int_equal(take(60), 0);
	(void)begin("cookie", 1800);
	assert_true(store_queue_revocation(store, &r, "p-1", "f-1", NULL));
	assert_true(store_logouts_take(store, &r, f.arena, 60, 10, &items,
	                               &count, NULL));
	assert_int_equal(count, 1);
	assert_true(store_logout_parse(f.arena, items[0], &item));
	assert_null(item.participant);
	assert_string_equal(item.person, "p-1");
	assert_string_equal(item.affiliation, "f-1");
	assert_true(item.until > 1700000000);
	assert_true(store_logout_remove(store, &r, items[0], NULL));
	assert_int_equal(take(0), 0);
}

static void items_of_another_form_are_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"2 notify x",
		"1 notify",
		"1 notify abc region arkiv",
		"1 end p-1 f-1",
		"1 end p-1 f-1 later",
		"1 end p-1 f-1 -1",
		"1 wait p-1 f-1 5",
	};
	struct store_logout_item item;

	(void)state;
	for (size_t i = 0; i < LENGTH(bad); i++)
		if (store_logout_parse(f.arena, bad[i], &item))
			fail_msg("accepted: %s", bad[i]);
	assert_true(store_logout_parse(f.arena, "1 end p-1 - 5", &item));
	assert_null(item.affiliation);
	assert_int_equal(item.until, 5);
}

/* ---- idle sessions ---- */

static size_t idle(const char **ret_hex)
{
	struct store_session *over;
	size_t count;

	assert_true(
	    store_idle_take(store, &r, f.arena, 60, 10, &over, &count, NULL));
	*ret_hex = count > 0 ? over[0].hex : NULL;
	return count;
}

static void a_session_that_is_over_is_taken_once(void **state)
{
	const struct store_session one = begin("cookie", 0);
	const char *hex;

	(void)state;
	(void)sleep(2);
	assert_true(store_delete(store, &r, "session", "cookie", NULL));
	assert_int_equal(idle(&hex), 1);
	assert_string_equal(hex, one.hex);
	assert_int_equal(idle(&hex), 0);
}

/* Its time was that of its beginning; it has been used since. */
static void a_session_that_was_used_is_not_over(void **state)
{
	const char *key = store_key(f.arena, "session", "cookie");
	const char *hex;

	(void)state;
	(void)begin("cookie", 0);
	(void)number_from("EXPIRE %s 300", key);
	(void)sleep(2);
	assert_int_equal(idle(&hex), 0);
	assert_true(store_delete(store, &r, "session", "cookie", NULL));
	assert_int_equal(idle(&hex), 0);
}

#define TEST(name) cmocka_unit_test_setup(name, empty_redis)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_end_removes_the_session_and_queues_its_participants),
		TEST(of_two_ends_one_receives_the_participants),
		TEST(the_record_has_cause_sid_and_time),
		TEST(a_service_is_added_to_a_living_session_only),
		TEST(a_service_that_was_only_selected_is_not_notified),
		TEST(a_session_of_another_key_with_the_same_sid_goes_on),
		TEST(either_of_two_keys_that_live_ends_the_session),
		TEST(a_full_queue_ends_the_session_and_reports_the_rest),
		TEST(a_session_ends_in_a_full_redis),
		TEST(an_item_is_one_processs_until_its_lease_ends),
		TEST(a_caller_that_notifies_itself_has_the_lease),
		TEST(a_settled_notification_leaves_the_queue),
		TEST(a_failed_notification_is_due_later),
		TEST(a_record_that_expired_is_not_created_by_a_late_answer),
		TEST(the_queues_and_the_record_expire),
		TEST(a_revocation_is_queued_where_there_are_sessions),
		TEST(items_of_another_form_are_refused),
		TEST(a_session_that_is_over_is_taken_once),
		TEST(a_session_that_was_used_is_not_over),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}

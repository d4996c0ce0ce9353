/* SPDX-License-Identifier: AGPL-3.0-or-later
 * previous_sessions_test.c: the list of earlier sessions in a cookie. */
#include "tests/unit/test.h"

#include "idp/http/cookies.h"
#include "idp/session/previous_sessions.h"
#include "lib/strbuf.h"

static struct request request;
static struct http_response response;
static struct request_context ctx;
static struct http_field cookie;

static int set_up(void **state)
{
	(void)state;
	request = (struct request){ .arena = arena_open() };
	response = (struct http_response){ .arena = request.arena };
	ctx = (struct request_context){ .arena = request.arena,
		                        .request = &request,
		                        .response = &response,
		                        .on_login_host = true };
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_close(request.arena);
	return 0;
}

/* 64 times the same digit. */
static char *key_of(char digit)
{
	char *key = arena_alloc(request.arena, 65);

	memset(key, digit, 64);
	key[64] = 0;
	return key;
}

static void set_cookie(const char *value)
{
	cookie = (struct http_field){ PREVIOUS_COOKIE, (char *)value };
	request.cookies = &cookie;
	request.cookie_count = 1;
}

static size_t key_count(void)
{
	size_t count = 0;

	for (const char **key = previous_sessions(&ctx); *key; key++)
		count++;
	return count;
}

static void latest_is_first_and_none_occurs_twice(void **state)
{
	(void)state;
	assert_int_equal(key_count(), 0);
	previous_session_add(&ctx, key_of('a'));
	previous_session_add(&ctx, key_of('b'));
	previous_session_add(&ctx, key_of('a'));
	assert_int_equal(key_count(), 2);
	assert_string_equal(previous_sessions(&ctx)[0], key_of('a'));
	previous_session_remove(&ctx, key_of('a'));
	assert_int_equal(key_count(), 1);
	previous_session_remove(&ctx, key_of('b'));
	assert_int_equal(key_count(), 0);
}

static void list_has_an_end(void **state)
{
	(void)state;
	for (char digit = '0'; digit <= '9'; digit++)
		previous_session_add(&ctx, key_of(digit));
	assert_int_equal(key_count(), PREVIOUS_SESSIONS_MAX);
	assert_string_equal(previous_sessions(&ctx)[0], key_of('9'));
}

static void cookie_of_anything_else_is_no_list(void **state)
{
	static const char *const values[] = { "",        ".",   "..", "x",
		                              "abc.def", "%00", "a b" };

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		set_cookie(values[i]);
		assert_int_equal(key_count(), 0);
	}
	set_cookie(
	    arena_printf(request.arena, "x.%s.%sa", key_of('c'), key_of('d')));
	assert_int_equal(key_count(), 1);
}

/* A response has room for 16 headers. */
static void response_sets_the_cookie_once(void **state)
{
	struct strbuf all = strbuf_init(request.arena);

	(void)state;
	for (char digit = '0'; digit <= '9'; digit++)
		strbuf_appendf(&all, "%s.", key_of(digit));
	set_cookie(all.data);
	for (int n = 0; n < 20; n++)
		previous_session_add(&ctx, key_of((char)('a' + n % 6)));
	for (char digit = '0'; digit <= '9'; digit++)
		previous_session_remove(&ctx, key_of(digit));
	assert_int_equal(response.header_count, 1);
	assert_non_null(strstr(response.headers[0].value, key_of('b')));
}

static void another_host_has_no_list(void **state)
{
	(void)state;
	ctx.on_login_host = false;
	set_cookie(key_of('a'));
	previous_session_add(&ctx, key_of('b'));
	assert_int_equal(key_count(), 0);
	assert_int_equal(response.header_count, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    latest_is_first_and_none_occurs_twice, set_up, tear_down),
		cmocka_unit_test_setup_teardown(list_has_an_end, set_up,
		                                tear_down),
		cmocka_unit_test_setup_teardown(
		    cookie_of_anything_else_is_no_list, set_up, tear_down),
		cmocka_unit_test_setup_teardown(response_sets_the_cookie_once,
		                                set_up, tear_down),
		cmocka_unit_test_setup_teardown(another_host_has_no_list,
		                                set_up, tear_down),
	};

	return cmocka_run_group_tests_name(__FILE__, tests, NULL, NULL);
}

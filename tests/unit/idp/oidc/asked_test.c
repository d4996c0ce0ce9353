/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include "idp/oidc/asked.h"
#include "lib/arena.h"

static void names_are_gathered_and_our_own_left_out(void **state)
{
	struct arena *a = arena_open();
	struct asked asked = { 0 };

	(void)state;
	assert_true(asked_read(
	    a,
	    "{\"userinfo\":{\"name\":{\"essential\":true},\"email\":null},"
	    "\"id_token\":{\"auth_time\":null,\"locale\":null,"
	    "\"acr\":{\"values\":[\"idporten-loa-low\",\"x\"]}}}",
	    &asked, NULL));
	assert_int_equal(json_array_size(asked.userinfo), 2);
	assert_int_equal(json_array_size(asked.in_token), 1);
	assert_string_equal(asked.acr, "idporten-loa-low x");
	assert_null(asked.sub);
	arena_close(a);
}

static void nothing_asked_is_nothing(void **state)
{
	struct arena *a = arena_open();
	struct asked asked = { 0 };

	(void)state;
	assert_true(asked_read(a, "{}", &asked, NULL));
	assert_null(asked.userinfo);
	assert_true(asked_read(a, "{\"userinfo\":null,\"x\":3}", &asked, NULL));
	assert_null(asked.userinfo);
	arena_close(a);
}

static void one_person_can_be_asked_for(void **state)
{
	struct arena *a = arena_open();
	struct asked asked = { 0 };

	(void)state;
	assert_true(
	    asked_read(a, "{\"id_token\":{\"sub\":{\"value\":\"248289\"}}}",
	               &asked, NULL));
	assert_string_equal(asked.sub, "248289");
	arena_close(a);
}

static void a_request_that_is_not_well_formed_is_refused(void **state)
{
	static const char *const wrong[] = {
		"",
		"[]",
		"null",
		"{\"userinfo\":[]}",
		"{\"userinfo\":{\"name\":true}}",
		"{\"userinfo\":{\"name\":null,\"name\":null}}",
		"{\"id_token\":\"sub\"}",
		"{\"id_token\":{\"sub\":{\"value\":7}}}",
		"{\"id_token\":{\"sub\":{\"values\":[\"a\",\"b\"]}}}",
		"{\"id_token\":{\"sub\":{\"value\":\"a\"}},"
		"\"userinfo\":{\"sub\":{\"value\":\"b\"}}}",
		"{\"userinfo\":{}} x",
	};
	struct arena *a = arena_open();
	struct asked asked = { 0 };
	char *deep = arena_alloc(a, 3001), *big = arena_alloc(a, 1 << 20);

	(void)state;
	for (size_t i = 0; i < LENGTH(wrong); i++)
		if (asked_read(a, wrong[i], &asked, NULL))
			fail_msg("%s", wrong[i]);
	memset(deep, '[', 3000);
	assert_false(asked_read(a, deep, &asked, NULL));
	memset(big, ' ', (1 << 20) - 1);
	big[0] = '{';
	big[(1 << 20) - 2] = '}';
	assert_false(asked_read(a, big, &asked, NULL));
	arena_close(a);
}

TESTS(names_are_gathered_and_our_own_left_out, nothing_asked_is_nothing,
      one_person_can_be_asked_for, a_request_that_is_not_well_formed_is_refused)

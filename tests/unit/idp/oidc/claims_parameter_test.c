/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include "idp/oidc/claims_parameter.h"
#include "lib/arena.h"

static void claim_names_are_read_without_protocol_claims(void **state)
{
	struct arena *a = arena_open();
	struct claims_request request = { 0 };

	(void)state;
	assert_true(claims_request_parse(
	    a,
	    "{\"userinfo\":{\"name\":{\"essential\":true},\"email\":null},"
	    "\"id_token\":{\"auth_time\":null,\"locale\":null,"
	    "\"acr\":{\"values\":[\"idporten-loa-low\",\"x\"]}}}",
	    &request, NULL));
	assert_int_equal(json_array_size(request.userinfo), 2);
	assert_int_equal(json_array_size(request.id_token), 1);
	assert_string_equal(request.acr, "idporten-loa-low x");
	assert_null(request.sub);
	arena_close(a);
}

static void an_empty_request_has_no_claims(void **state)
{
	struct arena *a = arena_open();
	struct claims_request request = { 0 };

	(void)state;
	assert_true(claims_request_parse(a, "{}", &request, NULL));
	assert_null(request.userinfo);
	assert_true(claims_request_parse(a, "{\"userinfo\":null,\"x\":3}",
	                                 &request, NULL));
	assert_null(request.userinfo);
	arena_close(a);
}

static void a_sub_value_can_be_requested(void **state)
{
	struct arena *a = arena_open();
	struct claims_request request = { 0 };

	(void)state;
	assert_true(claims_request_parse(
	    a, "{\"id_token\":{\"sub\":{\"value\":\"248289\"}}}", &request,
	    NULL));
	assert_string_equal(request.sub, "248289");
	arena_close(a);
}

static void a_malformed_claims_parameter_is_rejected(void **state)
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
	struct claims_request request = { 0 };
	char *deep = arena_alloc(a, 3001), *big = arena_alloc(a, 1 << 20);

	(void)state;
	for (size_t i = 0; i < LENGTH(wrong); i++)
		if (claims_request_parse(a, wrong[i], &request, NULL))
			fail_msg("%s", wrong[i]);
	memset(deep, '[', 3000);
	assert_false(claims_request_parse(a, deep, &request, NULL));
	memset(big, ' ', (1 << 20) - 1);
	big[0] = '{';
	big[(1 << 20) - 2] = '}';
	assert_false(claims_request_parse(a, big, &request, NULL));
	arena_close(a);
}

TESTS(claim_names_are_read_without_protocol_claims,
      an_empty_request_has_no_claims, a_sub_value_can_be_requested,
      a_malformed_claims_parameter_is_rejected)

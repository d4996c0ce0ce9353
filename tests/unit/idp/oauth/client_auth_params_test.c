/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include "idp/oauth/client_auth_params.h"
#include "lib/base64.h"
#include "lib/strbuf.h"

static bool read_basic(struct arena *a, const char *pair,
                       struct client_auth_params *ret)
{
	struct error err = { 0 };

	return client_auth_params_from_basic(
	    a,
	    arena_printf(a, "Basic %s", base64_encode(a, pair, strlen(pair))),
	    ret, &err);
}

static void id_and_secret_are_decoded(void **state)
{
	static const struct {
		const char *pair, *id, *secret;
	} rows[] = {
		{ "arkiv:s3cret", "arkiv", "s3cret" },
		{ "arkiv:a%3Ab%2Bc", "arkiv", "a:b+c" },
		{ "arkiv:a+b", "arkiv", "a b" },
		{ "https%3A%2F%2Fapp.example%2F:x", "https://app.example/",
		  "x" },
		{ "arkiv:%C3%A6", "arkiv", "\xc3\xa6" },
		{ "arkiv:100%25", "arkiv", "100%" },
	};
	struct arena *a = arena_open();

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct client_auth_params c = { 0 };

		assert_true(read_basic(a, rows[i].pair, &c));
		assert_int_equal(c.method, CLIENT_SECRET_BASIC);
		assert_string_equal(c.id, rows[i].id);
		assert_string_equal(c.secret, rows[i].secret);
	}
	arena_close(a);
}

static void an_ambiguous_basic_value_is_rejected(void **state)
{
	static const char *const pairs[] = {
		"",           "arkiv",     ":",          "arkiv:",
		":secret",    "arkiv:a:b", "arkiv:50%",  "arkiv:%4",
		"arkiv:%zz",  "arkiv:%00", "arkiv:%0a",  "arkiv:a\nb",
		"arkiv:\xff", "arkiv:%ff", "ark%00iv:x", "arkiv:%7f",
	};
	struct arena *a = arena_open();

	(void)state;
	for (size_t i = 0; i < LENGTH(pairs); i++) {
		struct client_auth_params c = { 0 };

		if (read_basic(a, pairs[i], &c))
			fail_msg("%s", pairs[i]);
		assert_int_equal(c.method, CLIENT_AUTH_NONE);
	}
	arena_close(a);
}

static void a_header_that_is_not_basic_is_refused(void **state)
{
	static const char *const headers[] = {
		"",
		"Basic",
		"Basic ",
		"Bearer YTpi",
		"Basic YTpi ",
		"Basic Y:b",
		"Basic YTp",
		"BasicYTpi",
		"Basic YTpi, Basic YTpi",
		"Basic YTo_Pz8/",
		"Basic AGE6Yg==",
	};
	struct arena *a = arena_open();
	struct client_auth_params c = { 0 };
	struct error err = { 0 };

	(void)state;
	for (size_t i = 0; i < LENGTH(headers); i++)
		if (client_auth_params_from_basic(a, headers[i], &c, &err))
			fail_msg("%s", headers[i]);
	assert_true(client_auth_params_from_basic(a, "basic YTpi", &c, &err));
	arena_close(a);
}

struct auth_case {
	const char *header;
	struct http_field form[4], query[2];
	enum client_auth_method proof; /* the result, if good */
	bool good;
};

static size_t count(const struct http_field *pairs, size_t max)
{
	size_t n = 0;

	while (n < max && pairs[n].name)
		n++;
	return n;
}

static bool read_case(struct arena *a, const struct auth_case *w,
                      struct client_auth_params *ret)
{
	struct http_field header = { "authorization", w->header };
	struct request r = {
		.arena = a,
		.method = METHOD_POST,
		.headers = &header,
		.header_count = w->header ? 1 : 0,
		.form_params = (struct http_field *)(uintptr_t)w->form,
		.form_count = count(w->form, 4),
		.query_params = (struct http_field *)(uintptr_t)w->query,
		.query_count = count(w->query, 2),
	};
	struct error err = { 0 };

	return client_auth_params_read(a, &r, ret, &err);
}

#define JWT_BEARER "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

static void a_client_uses_one_authentication_method(void **state)
{
	static const struct auth_case rows[] = {
		{ .header = "Basic YTpi",
		  .proof = CLIENT_SECRET_BASIC,
		  .good = true },
		{ .header = "Basic YTpi",
		  .form = { { "client_id", "a" } },
		  .proof = CLIENT_SECRET_BASIC,
		  .good = true },
		{ .form = { { "client_id", "a" }, { "client_secret", "b" } },
		  .proof = CLIENT_SECRET_POST,
		  .good = true },
		{ .form = { { "client_id", "a" } },
		  .proof = CLIENT_AUTH_NONE,
		  .good = true },
		{ .form = { { "client_assertion_type", JWT_BEARER },
		            { "client_assertion", "x.y.z" } },
		  .proof = PRIVATE_KEY_JWT,
		  .good = true },
		{ .header = NULL },
		{ .header = "Basic YTpi", .form = { { "client_id", "c" } } },
		{ .header = "Basic YTpi",
		  .form = { { "client_id", "a" }, { "client_secret", "b" } } },
		{ .header = "Basic YTpi",
		  .form = { { "client_assertion_type", JWT_BEARER },
		            { "client_assertion", "x.y.z" } } },
		{ .form = { { "client_id", "a" }, { "client_secret", "" } } },
		{ .form = { { "client_id", "" } } },
		{ .form = { { "client_secret", "b" } } },
		{ .form = { { "client_assertion", "x.y.z" } } },
		{ .form = { { "client_assertion_type", "saml" },
		            { "client_assertion", "x.y.z" } } },
		{ .query = { { "client_id", "a" }, { "client_secret", "b" } } },
		{ .header = "Basic YTpi",
		  .query = { { "client_secret", "b" } } },
		{ .header = "Bearer YTpi" },
	};
	struct arena *a = arena_open();

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct client_auth_params c = { 0 };

		if (read_case(a, &rows[i], &c) != rows[i].good)
			fail_msg("row %zu", i);
		if (rows[i].good)
			assert_int_equal(c.method, rows[i].proof);
	}
	arena_close(a);
}

TESTS(id_and_secret_are_decoded, an_ambiguous_basic_value_is_rejected,
      a_header_that_is_not_basic_is_refused,
      a_client_uses_one_authentication_method)

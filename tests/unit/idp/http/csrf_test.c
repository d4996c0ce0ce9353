/* SPDX-License-Identifier: AGPL-3.0-or-later
 * csrf_test.c: acceptance and rejection of CSRF tokens. */
#include "tests/unit/test.h"

#include "idp/http/csrf.h"
#include "lib/random.h"

#define ORIGIN "https://login.test"

struct scene {
	struct arena *a;
	struct request r;
	struct http_field cookie, field, headers[2];
};

/* A POST of the form for `login`, as sent by our own page. */
static struct scene valid_post(void)
{
	struct scene s = { .a = arena_open() };

	s.cookie = (struct http_field){ CSRF_COOKIE, random_secret(s.a) };
	s.field =
	    (struct http_field){ CSRF_FIELD,
		                 csrf_token(s.a, s.cookie.value, "login") };
	s.headers[0] = (struct http_field){ "origin", ORIGIN };
	s.headers[1] = (struct http_field){ "sec-fetch-site", "same-origin" };
	return s;
}

static bool is_accepted(struct scene *s, const char *purpose)
{
	s->r = (struct request){ .arena = s->a,
		                 .method = METHOD_POST,
		                 .headers = s->headers,
		                 .header_count = 2,
		                 .form_params = &s->field,
		                 .form_count = 1,
		                 .cookies = &s->cookie,
		                 .cookie_count = 1 };
	bool ok = csrf_verify(&s->r, ORIGIN, purpose, NULL);

	arena_close(s->a);
	return ok;
}

static void own_form_is_accepted(void **state)
{
	struct scene s = valid_post();

	(void)state;
	assert_true(is_accepted(&s, "login"));
	s = valid_post();
	s.headers[0].value = "null";
	assert_true(is_accepted(&s, "login"));
	s = valid_post();
	s.headers[0] = s.headers[1] = (struct http_field){ "accept", "*/*" };
	assert_true(is_accepted(&s, "login"));
}

static void token_for_another_purpose_is_rejected(void **state)
{
	struct scene s = valid_post();

	(void)state;
	assert_false(is_accepted(&s, "logout"));
}

static void token_of_another_browser_is_rejected(void **state)
{
	struct scene s = valid_post();

	(void)state;
	s.cookie.value = random_secret(s.a);
	assert_false(is_accepted(&s, "login"));
	s = valid_post();
	s.cookie.value = "short";
	s.field.value = csrf_token(s.a, "short", "login");
	assert_false(is_accepted(&s, "login"));
	s = valid_post();
	s.field.value = "";
	assert_false(is_accepted(&s, "login"));
	s = valid_post();
	s.cookie.name = "other";
	assert_false(is_accepted(&s, "login"));
}

static void request_of_another_site_is_rejected(void **state)
{
	struct scene s = valid_post();

	(void)state;
	s.headers[0].value = "https://evil.example";
	assert_false(is_accepted(&s, "login"));
	s = valid_post();
	s.headers[0].value = "null";
	s.headers[1].value = "cross-site";
	assert_false(is_accepted(&s, "login"));
	s = valid_post();
	s.headers[1].value = "same-site";
	assert_false(is_accepted(&s, "login"));
}

static void two_forms_on_a_page_share_one_secret(void **state)
{
	struct arena *a = arena_open();
	struct request r = { .arena = a };
	struct http_response out = { .arena = a };

	(void)state;
	const char *one = csrf_secret_ensure(&r, &out, CSRF_COOKIE);

	assert_string_equal(one, csrf_secret_ensure(&r, &out, CSRF_COOKIE));
	assert_int_equal(out.header_count, 1);
	arena_close(a);
}

TESTS(own_form_is_accepted, token_for_another_purpose_is_rejected,
      token_of_another_browser_is_rejected, request_of_another_site_is_rejected,
      two_forms_on_a_page_share_one_secret)

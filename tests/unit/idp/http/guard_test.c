/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include "idp/http/guard.h"
#include "lib/random.h"

#define ORIGIN "https://login.test"

struct scene {
	struct arena *a;
	struct request r;
	struct pair cookie, field, headers[2];
};

/* A POST of the form for `login`, just as our own page would send it. */
static struct scene good_post(void)
{
	struct scene s = { .a = arena_open() };

	s.cookie = (struct pair){ GUARD_BROWSER, random_secret(s.a) };
	s.field = (struct pair){ GUARD_FIELD,
		                 guard_word(s.a, s.cookie.value, "login") };
	s.headers[0] = (struct pair){ "origin", ORIGIN };
	s.headers[1] = (struct pair){ "sec-fetch-site", "same-origin" };
	return s;
}

static bool passes(struct scene *s, const char *purpose)
{
	s->r = (struct request){ .arena = s->a,
		                 .method = METHOD_POST,
		                 .headers = s->headers,
		                 .header_count = 2,
		                 .form_words = &s->field,
		                 .form_count = 1,
		                 .cookies = &s->cookie,
		                 .cookie_count = 1 };
	bool well = guard_check(&s->r, ORIGIN, purpose, NULL);

	arena_close(s->a);
	return well;
}

static void our_own_form_passes(void **state)
{
	struct scene s = good_post();

	(void)state;
	assert_true(passes(&s, "login"));
	s = good_post();
	s.headers[0].value = "null";
	assert_true(passes(&s, "login"));
	s = good_post();
	s.headers[0] = s.headers[1] = (struct pair){ "accept", "*/*" };
	assert_true(passes(&s, "login"));
}

static void a_form_for_something_else_does_not_pass(void **state)
{
	struct scene s = good_post();

	(void)state;
	assert_false(passes(&s, "logout"));
}

static void another_browsers_word_does_not_pass(void **state)
{
	struct scene s = good_post();

	(void)state;
	s.cookie.value = random_secret(s.a);
	assert_false(passes(&s, "login"));
	s = good_post();
	s.cookie.value = "short";
	s.field.value = guard_word(s.a, "short", "login");
	assert_false(passes(&s, "login"));
	s = good_post();
	s.field.value = "";
	assert_false(passes(&s, "login"));
	s = good_post();
	s.cookie.name = "other";
	assert_false(passes(&s, "login"));
}

static void another_site_does_not_pass(void **state)
{
	struct scene s = good_post();

	(void)state;
	s.headers[0].value = "https://evil.example";
	assert_false(passes(&s, "login"));
	s = good_post();
	s.headers[0].value = "null";
	s.headers[1].value = "cross-site";
	assert_false(passes(&s, "login"));
	s = good_post();
	s.headers[1].value = "same-site";
	assert_false(passes(&s, "login"));
}

static void two_forms_on_a_page_belong_to_one_browser(void **state)
{
	struct arena *a = arena_open();
	struct request r = { .arena = a };
	struct answer out = { .arena = a };

	(void)state;
	const char *one = guard_secret(&r, &out, GUARD_BROWSER);

	assert_string_equal(one, guard_secret(&r, &out, GUARD_BROWSER));
	assert_int_equal(out.header_count, 1);
	arena_close(a);
}

TESTS(our_own_form_passes, a_form_for_something_else_does_not_pass,
      another_browsers_word_does_not_pass, another_site_does_not_pass,
      two_forms_on_a_page_belong_to_one_browser)

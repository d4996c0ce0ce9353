/* SPDX-License-Identifier: AGPL-3.0-or-later
 * cookies_test.c: cookies of one header, as RFC 6265 4.2.1 writes them.  With
 * the argument `read` it prints the cookies of the header on standard input,
 * which tests/story/cookies.mjs compares with a browser's own list. */
#include <stdio.h>

#include "idp/http/cookies.h"
#include "lib/strbuf.h"
#include "tests/unit/test.h"

/* Returns "name=value" of each cookie on a line, or "rejected". */
static char *cookies_of(struct arena *a, const char *header)
{
	struct strbuf out = strbuf_init(a);
	struct http_field *cookies = NULL;
	size_t count = 0;

	if (!cookie_parse(a, header, &cookies, &count))
		return arena_strdup(a, "rejected");
	for (size_t i = 0; i < count; i++) {
		strbuf_append(&out, cookies[i].name);
		strbuf_append(&out, "=");
		strbuf_append(&out, cookies[i].value);
		strbuf_append(&out, "\n");
	}
	return out.data;
}

static const struct {
	const char *header, *cookies;
} cases[] = {
	{ "", "" },
	{ "a=b", "a=b\n" },
	{ "a=b; c=d", "a=b\nc=d\n" },
	{ "a=b;c=d", "a=b\nc=d\n" },
	{ " \ta=b \t; c=d\t", "a=b\nc=d\n" },
	{ "a=1 b=2; c=3", "a=1 b=2\nc=3\n" },
	{ "a=1\tb=2; c=3", "a=1\tb=2\nc=3\n" },
	{ "x=1 __Host-portvakt=planted; __Host-portvakt=real",
	  "x=1 __Host-portvakt=planted\n__Host-portvakt=real\n" },
	{ "x=\"1; __Host-portvakt=real; y=\"",
	  "x=\"1\n__Host-portvakt=real\ny=\"\n" },
	{ "a=b=c", "a=b=c\n" },
	{ "a=", "a=\n" },
	{ "=v; nameless; ;;a=b", "a=b\n" },
	{ "$Version=1; a=b; $Path=/", "$Version=1\na=b\n$Path=/\n" },
	{ "a=1; a=2", "a=1\na=2\n" },
	{ "__Host-portvakt =x; __host-portvakt=y; __Host-portvakt=z",
	  "__Host-portvakt =x\n__host-portvakt=y\n__Host-portvakt=z\n" },
	{ "\xc2\xa0__Host-portvakt=x; __Host-portvakt=z",
	  "\xc2\xa0__Host-portvakt=x\n__Host-portvakt=z\n" },
	{ "__Host-portvakt=x; a=1; __Host-portvakt=z", "rejected" },
	{ "__Host-portvakt-browser=x;__Host-portvakt-browser=x", "rejected" },
};

static void a_cookie_ends_at_a_semicolon_only(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct arena *a = arena_open();

		assert_string_equal(cookies_of(a, cases[i].header),
		                    cases[i].cookies);
		arena_close(a);
	}
}

static char *many(struct arena *a, int count)
{
	struct strbuf out = strbuf_init(a);

	for (int i = 0; i < count; i++)
		strbuf_append(&out, "a=;");
	strbuf_append(&out, "__Host-portvakt=real");
	return out.data;
}

static void too_many_cookies_are_rejected_not_cut(void **state)
{
	struct arena *a = arena_open();

	(void)state;
	assert_non_null(strstr(cookies_of(a, many(a, COOKIES_MAX - 1)),
	                       "__Host-portvakt=real"));
	assert_string_equal(cookies_of(a, many(a, COOKIES_MAX)), "rejected");
	arena_close(a);
}

static void cookies_of_several_headers_are_counted_together(void **state)
{
	struct arena *a = arena_open();
	struct http_field *cookies = NULL;
	size_t count = 0;

	(void)state;
	assert_true(cookie_parse(a, "a=1; b=2", &cookies, &count));
	assert_true(cookie_parse(a, "__Host-portvakt=x", &cookies, &count));
	assert_int_equal(count, 3);
	assert_false(cookie_parse(a, "__Host-portvakt=y", &cookies, &count));
	arena_close(a);
}

static void our_cookies_are_expired_by_name(void **state)
{
	struct arena *a = arena_open();
	struct http_response resp = { .arena = a };

	(void)state;
	cookies_expire(&resp);
	assert_int_equal(resp.header_count, 5);
	for (size_t i = 0; i < resp.header_count; i++) {
		assert_true(
		    text_starts(resp.headers[i].value, "__Host-portvakt"));
		assert_non_null(strstr(resp.headers[i].value, "; Max-Age=0"));
	}
	arena_close(a);
}

static int print_cookies(void)
{
	static char header[64 * 1024];
	struct arena *a = arena_open();
	size_t length = fread(header, 1, sizeof(header) - 1, stdin);

	header[length] = '\0';
	(void)fputs(cookies_of(a, header), stdout);
	arena_close(a);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cookie_ends_at_a_semicolon_only),
		cmocka_unit_test(too_many_cookies_are_rejected_not_cut),
		cmocka_unit_test(
		    cookies_of_several_headers_are_counted_together),
		cmocka_unit_test(our_cookies_are_expired_by_name),
	};

	if (argc == 2 && strcmp(argv[1], "read") == 0)
		return print_cookies();
	return cmocka_run_group_tests_name(__FILE__, tests, NULL, NULL);
}

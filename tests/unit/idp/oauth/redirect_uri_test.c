/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include "idp/oauth/redirect_uri.h"

static char *const web_addresses[] = {
	(char *)"https://app.kongsberg.example/cb", NULL
};
static char *const other_addresses[] = {
	(char *)"https://app2.flesberg.example/cb?x=1", NULL
};
static char *const native_addresses[] = { (char *)"http://127.0.0.1/cb",
	                                  (char *)"http://[::1]:3000/cb",
	                                  (char *)"no.kongsberg.app:/cb",
	                                  NULL };

static const struct oidc_client web = { .id = "app1",
	                                .redirect_uris = (char **)web_addresses,
	                                .post_logout_redirect_uris =
	                                    (char **)web_addresses };
static const struct oidc_client other = { .id = "app2",
	                                  .redirect_uris =
	                                      (char **)other_addresses };
static const struct oidc_client native = { .id = "app3",
	                                   .redirect_uris =
	                                       (char **)native_addresses,
	                                   .public_client = true };

/* The URIs of tests/hostile/ROWS.md 5.1; the rows about the parameters of a
 * request are tested in tests/hostile/oidc.mjs. */
static const struct {
	const struct oidc_client *client;
	const char *address;
	bool allowed;
} rows[] = {
	{ &web, "https://app.kongsberg.example/cb", true },
	/* O01 to O05: another path, case, port or scheme */
	{ &web, "https://app.kongsberg.example/cb/", false },
	{ &web, "https://app.kongsberg.example/CB", false },
	{ &web, "HTTPS://APP.KONGSBERG.EXAMPLE/cb", false },
	{ &web, "https://app.kongsberg.example:443/cb", false },
	{ &web, "http://app.kongsberg.example/cb", false },
	/* O06: a query or fragment */
	{ &web, "https://app.kongsberg.example/cb?x=1", false },
	{ &web, "https://app.kongsberg.example/cb?", false },
	{ &web, "https://app.kongsberg.example/cb#", false },
	{ &web, "https://app.kongsberg.example/cb#x", false },
	/* O07, O08: dot segments and escapes */
	{ &web, "https://app.kongsberg.example/cb/../evil", false },
	{ &web, "https://app.kongsberg.example/cb/%2e%2e/evil", false },
	{ &web, "https://app.kongsberg.example/cb;/../evil", false },
	{ &web, "https://app.kongsberg.example/%63b", false },
	/* O09 to O11: another host */
	{ &web, "https://app.kongsberg.example.evil.example/cb", false },
	{ &web, "https://evil.example/https://app.kongsberg.example/cb",
	  false },
	{ &web, "https://evilapp.kongsberg.example/cb", false },
	{ &web, "https://x.app.kongsberg.example/cb", false },
	/* O12: userinfo */
	{ &web, "https://app.kongsberg.example@evil.example/cb", false },
	{ &web, "https://a:b@app.kongsberg.example/cb", false },
	{ &web, "https://evil.example#@app.kongsberg.example/cb", false },
	{ &web, "https://evil.example\\@app.kongsberg.example/cb", false },
	/* O13 to O15: backslashes, relative and empty URIs */
	{ &web, "https:\\\\app.kongsberg.example\\cb", false },
	{ &web, "https:/\\evil.example", false },
	{ &web, "///evil.example/cb", false },
	{ &web, "//app.kongsberg.example/cb", false },
	{ &web, "/cb", false },
	{ &web, "cb", false },
	{ &web, "", false },
	{ &web, NULL, false },
	{ &web, "https:app.kongsberg.example/cb", false },
	/* O16, O17: control characters and spaces */
	{ &web, "https://app.kongsberg.example/cb%00.evil.example", false },
	{ &web, "https://app.kongsberg.example/cb\r\nSet-Cookie:x=y", false },
	{ &web, "https://app.kongsberg.example/cb%0d%0aSet-Cookie:x=y", false },
	{ &web, "https://app.kongsberg.example/cb%20", false },
	{ &web, " https://app.kongsberg.example/cb", false },
	{ &web, "https://app.kongsberg.example/cb\t", false },
	{ &web, "https://app.kongsberg.example/cb\xc2\xa0", false },
	/* O18, O19: homographs and numeric hosts */
	{ &web, "https://\xd0\xb0pp.kongsberg.example/cb", false },
	{ &web, "https://xn--pp-7kc.kongsberg.example/cb", false },
	{ &web, "https://app\xe3\x80\x82kongsberg.example/cb", false },
	{ &web, "https://[::ffff:127.0.0.1]/cb", false },
	{ &web, "https://127.1/cb", false },
	{ &web, "https://2130706433/cb", false },
	{ &web, "https://[::1]/cb", false },
	/* O20, O21: script schemes and response parameters */
	{ &web, "javascript:alert(1)//https://app.kongsberg.example/cb",
	  false },
	{ &web, "data:text/html,hei", false },
	{ &web, "https://app.kongsberg.example/cb?code=x&state=y", false },
	/* O25, O26: another client's URI, and a registered query */
	{ &web, "https://app2.flesberg.example/cb?x=1", false },
	{ &other, "https://app2.flesberg.example/cb?x=1", true },
	{ &other, "https://app2.flesberg.example/cb?x=1&y=2", false },
	{ &other, "https://app2.flesberg.example/cb?y=2&x=1", false },
	{ &other, "https://app2.flesberg.example/cb?x=%31", false },
	{ &other, "https://app2.flesberg.example/cb", false },
	/* O27: the loopback URIs and private schemes of native clients */
	{ &native, "http://127.0.0.1/cb", true },
	{ &native, "http://127.0.0.1:49152/cb", true },
	{ &native, "http://[::1]:49152/cb", true },
	{ &native, "http://[::1]/cb", true },
	{ &native, "no.kongsberg.app:/cb", true },
	{ &native, "no.kongsberg.app:/cb2", false },
	{ &native, "http://127.0.0.1:0/cb", false },
	{ &native, "http://127.0.0.1:080/cb", false },
	{ &native, "http://127.0.0.1:65536/cb", false },
	{ &native, "http://127.0.0.1:99999999999999999999/cb", false },
	{ &native, "http://127.0.0.1:/cb", false },
	{ &native, "http://127.0.0.1:80@evil.example/cb", false },
	{ &native, "http://127.0.0.1.evil.example/cb", false },
	{ &native, "http://localhost/cb", false },
	{ &native, "http://127.0.0.1:8080/cb2", false },
	{ &native, "http://127.0.0.1:8080/cb?x=1", false },
	{ &native, "https://127.0.0.1:8080/cb", false },
};

static void only_a_registered_uri_is_accepted(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++)
		if (redirect_uri_is_registered(
			rows[i].client, rows[i].address) != rows[i].allowed)
			fail_msg("%s: %s", rows[i].client->id, rows[i].address);
}

static void a_long_uri_is_rejected(void **state)
{
	char *address = test_malloc(100001);

	(void)state;
	memset(address, 'a', 100000);
	memcpy(address, "https://app.kongsberg.example/cb", 32);
	address[100000] = '\0';
	assert_false(redirect_uri_is_registered(&web, address));
	test_free(address);
}

/* Rejected even if registered. */
static void forbidden_schemes_and_response_parameters_are_rejected(void **state)
{
	static const char *const never[] = {
		"javascript:alert(1)",
		"JavaScript:alert(1)",
		"data:text/html,x",
		"vbscript:x",
		"blob:https://app.example/1",
		"file:///etc/passwd",
		"intent://x",
		"https://app.example/cb#x",
		"https://app.example/cb?code=1",
		"https://app.example/cb?a=b&state=1",
		"https://app.example/cb?a=b&iss",
		"https://app.example/\xc3\xa6",
		"https://app.example/cb\nx",
		"",
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(never); i++) {
		char *list[] = { (char *)(uintptr_t)never[i], NULL };
		const struct oidc_client c = { .redirect_uris = list,
			                       .post_logout_redirect_uris =
			                           list };

		assert_false(redirect_uri_is_registered(&c, never[i]));
		assert_false(
		    post_logout_redirect_uri_is_registered(&c, never[i]));
	}
}

static void a_confidential_client_may_not_vary_the_port(void **state)
{
	struct oidc_client c = native;

	(void)state;
	c.public_client = false;
	assert_true(redirect_uri_is_registered(&c, "http://127.0.0.1/cb"));
	assert_false(
	    redirect_uri_is_registered(&c, "http://127.0.0.1:8080/cb"));
}

static void a_post_logout_redirect_uri_is_matched_exactly(void **state)
{
	(void)state;
	assert_true(post_logout_redirect_uri_is_registered(
	    &web, "https://app.kongsberg.example/cb"));
	for (size_t i = 1; i < LENGTH(rows); i++)
		if (rows[i].client == &web)
			assert_false(post_logout_redirect_uri_is_registered(
			    &web, rows[i].address));
	assert_false(post_logout_redirect_uri_is_registered(
	    &other, "https://app2.flesberg.example/cb?x=1"));
}

static void parameters_are_escaped_and_null_ones_omitted(void **state)
{
	struct arena *a = arena_open();
	const struct http_field params[] = {
		{ "code", "abc" },
		{ "state", NULL },
		{ "iss", "https://x.example\r\n&a=b#" },
	};

	(void)state;
	assert_string_equal(
	    url_with_params(a, "https://app.example/cb", params, 3),
	    "https://app.example/cb?code=abc&"
	    "iss=https%3A%2F%2Fx.example%0D%0A%26a%3Db%23");
	assert_string_equal(
	    url_with_params(a, "https://app.example/cb?x=1", params, 1),
	    "https://app.example/cb?x=1&code=abc");
	arena_close(a);
}

TESTS(only_a_registered_uri_is_accepted, a_long_uri_is_rejected,
      forbidden_schemes_and_response_parameters_are_rejected,
      a_confidential_client_may_not_vary_the_port,
      a_post_logout_redirect_uri_is_matched_exactly,
      parameters_are_escaped_and_null_ones_omitted)

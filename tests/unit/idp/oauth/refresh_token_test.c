/* SPDX-License-Identifier: AGPL-3.0-or-later
 * refresh_token_test.c: rotation of refresh tokens with a real Redis. */
#include "tests/unit/region/redis/store_fixture.h"

#include "idp/oauth/access_token.h"
#include "idp/oauth/refresh_token.h"
#include "lib/clock.h"

enum { MAX_ACCESS_TOKENS = 8 };

static struct oidc_client client = { .id = "skole" };
static const struct issuer issuer = { .name = "region" };
static const struct service service = { .name = "skole",
	                                .issuer = &issuer,
	                                .oidc = &client };
static struct web_backends backends;
static struct request_context ctx;

static int open_grants(void **state)
{
	(void)open_all(state);
	r.session_store.max_lifetime = 36000;
	r.services = &service;
	r.service_count = 1;
	backends.store = store;
	ctx = (struct request_context){ .arena = f.arena,
		                        .cfg = &r,
		                        .issuer = &issuer,
		                        .backends = &backends };
	return 0;
}

/* Without a person, so that no session is looked up. */
static struct grant grant_now(void)
{
	return (struct grant){ .issuer = "region",
		               .service = "skole",
		               .client = "skole",
		               .sub = "s",
		               .scope = "openid",
		               .issued_at = clock_now(),
		               .auth_time = clock_now() };
}

static struct unsaved_token stored_access_token(const struct grant *g)
{
	struct unsaved_token access = access_token_create(&ctx, g);
	struct error err = { 0 };

	if (!access_token_store(&ctx, &access, &err))
		fail_msg("%s", err.text);
	return access;
}

static bool is_alive(const struct unsaved_token *access)
{
	const struct grant *g;
	int64_t expires_at;
	struct error err = { 0 };

	if (!access_token_lookup(&ctx, access->token, &g, &expires_at, &err))
		fail_msg("%s", err.text);
	return g != NULL;
}

/* Returns a new family's refresh token; *ret_first is its access token. */
static const char *new_family(const struct grant *g,
                              struct unsaved_token *ret_first)
{
	struct unsaved_token refresh;
	struct error err = { 0 };
	bool stored;

	*ret_first = stored_access_token(g);
	refresh = refresh_token_create(&ctx, g, ret_first);
	if (!store_put(store, &r, refresh.item.kind, refresh.item.secret,
	               refresh.item.value, refresh.item.seconds, true, &stored,
	               &err))
		fail_msg("%s", err.text);
	return refresh.token;
}

static struct refresh_token_family *lookup(const char *token)
{
	struct refresh_token_family *family;
	struct error err = { 0 };

	if (!refresh_token_lookup(&ctx, token, &family, &err))
		fail_msg("%s", err.text);
	return family;
}

static const char *rotate(const char *token, struct unsaved_token *ret_access)
{
	struct refresh_token_family *family = lookup(token);
	struct error err = { 0 };
	char *next;
	bool done;

	assert_non_null(family);
	assert_true(family->is_current);
	*ret_access = access_token_create(&ctx, family->grant);
	if (!refresh_token_rotate(&ctx, family, ret_access, NULL, &next, &done,
	                          &err))
		fail_msg("%s", err.text);
	assert_true(done);
	return next;
}

static void a_family_has_at_most_eight_access_tokens(void **state)
{
	const struct grant g = grant_now();
	struct unsaved_token access[MAX_ACCESS_TOKENS + 2];
	const char *token = new_family(&g, &access[0]);

	(void)state;
	for (size_t i = 1; i < LENGTH(access); i++)
		token = rotate(token, &access[i]);
	for (size_t i = 0; i < LENGTH(access); i++)
		assert_int_equal(is_alive(&access[i]),
		                 i >= LENGTH(access) - MAX_ACCESS_TOKENS);
}

static void a_rotated_token_is_no_longer_current(void **state)
{
	const struct grant g = grant_now();
	struct unsaved_token access;
	const char *first = new_family(&g, &access);
	const char *next = rotate(first, &access);

	(void)state;
	assert_false(lookup(first)->is_current);
	assert_true(lookup(next)->is_current);
	assert_null(lookup("unknown.secret"));
	assert_null(lookup("no-dot"));
	assert_null(lookup(".secret"));
}

static void a_revoked_family_has_no_valid_token(void **state)
{
	const struct grant g = grant_now();
	struct unsaved_token access[2];
	const char *token = rotate(new_family(&g, &access[0]), &access[1]);
	struct error err = { 0 };

	(void)state;
	assert_true(is_alive(&access[0]) && is_alive(&access[1]));
	assert_true(refresh_token_revoke_family(
	    &ctx, refresh_token_family_hash(f.arena, lookup(token)), &err));
	assert_false(is_alive(&access[0]) || is_alive(&access[1]));
	assert_null(lookup(token));
}

/* Counted from the login, so that rotation does not extend it. */
static void a_family_ends_with_the_lifetime_of_the_login(void **state)
{
	struct grant g = grant_now();
	struct unsaved_token access;

	(void)state;
	assert_true(refresh_token_may_create(&ctx, &g));
	int64_t expires_at = lookup(new_family(&g, &access))->expires_at;

	assert_int_equal(expires_at, g.auth_time + 36000);
	g.auth_time -= 36000;
	assert_false(refresh_token_may_create(&ctx, &g));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_family_has_at_most_eight_access_tokens),
		cmocka_unit_test(a_rotated_token_is_no_longer_current),
		cmocka_unit_test(a_revoked_family_has_no_valid_token),
		cmocka_unit_test(a_family_ends_with_the_lifetime_of_the_login),
	};

	return cmocka_run_group_tests_name(__FILE__, tests, open_grants,
	                                   close_all);
}

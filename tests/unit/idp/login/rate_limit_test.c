/* SPDX-License-Identifier: AGPL-3.0-or-later
 * rate_limit_test.c: what failed logins of an account, address, site, network
 * and password do to the next attempt, with a real Redis. */
#include "tests/unit/region/redis/store_fixture.h"

#include <arpa/inet.h>

#include "idp/http/csrf.h"
#include "idp/login/login_private.h"
#include "idp/login/login_wait.h"
#include "idp/session/transaction_keys.h"
#include "region/redis/login_counters.h"
#include "region/redis/store_private.h"

/* In place of the signer. */
bool transaction_keys_get(struct request_context *ctx,
                          struct aead_key ret[TRANSACTION_KEYS],
                          struct error *err)
{
	static const unsigned char bytes[AEAD_KEY_SIZE] = { 'k' };

	(void)ctx, (void)err;
	for (size_t i = 0; i < TRANSACTION_KEYS; i++)
		ret[i] = aead_key_from_bytes(bytes);
	return true;
}

static const struct municipality tinn = { .name = "tinn" };
static struct web_backends backends;

/* A browser with a form. */
struct browser {
	const char *address;
	const char *secret; /* of its cookie, or NULL */
	const char *field;  /* LOGIN_WAIT_FIELD, or NULL */
	struct auth_attempt attempt;
};

static struct request_context *context_of(const struct browser *b)
{
	struct request *q = arena_new(f.arena, struct request);
	struct http_field *fields = arena_array(f.arena, struct http_field, 2);
	struct request_context *ctx =
	    arena_new(f.arena, struct request_context);

	fields[0] = (struct http_field){ CSRF_COOKIE, b->secret };
	fields[1] = (struct http_field){ LOGIN_WAIT_FIELD, b->field };
	*q = (struct request){ .arena = f.arena,
		               .address = b->address,
		               .listener = "",
		               .cookies = fields,
		               .cookie_count = b->secret ? 1 : 0,
		               .form_params = fields + 1,
		               .form_count = b->field ? 1 : 0 };
	*ctx = (struct request_context){
		.arena = f.arena, .cfg = &r, .backends = &backends, .request = q
	};
	return ctx;
}

static struct browser new_browser(const char *address)
{
	return (struct browser){ .address = address };
}

/* Returns the seconds that the attempt has to wait; 0: it may be verified. */
static int begin(struct browser *b, const char *login, const char *password,
                 const char **ret_reason)
{
	struct error err = { 0 };

	if (ret_reason)
		*ret_reason = NULL;
	if (rate_limit_check(context_of(b), login, &tinn, password, &b->attempt,
	                     &err))
		return 0;
	if (err.kind != ERROR_REFUSED)
		fail_msg("%s", err.text);
	if (ret_reason)
		*ret_reason = err.reason;
	b->field = b->attempt.wait;
	assert_true(b->attempt.wait_s > 0);
	return b->attempt.wait_s;
}

/* The same, with a wrong password. */
static int fail_once(struct browser *b, const char *login, const char *password)
{
	int wait_s = begin(b, login, password, NULL);

	if (wait_s == 0) {
		rate_limit_fail(context_of(b), &b->attempt);
		b->field = b->attempt.wait;
	}
	return wait_s;
}

static bool succeed(struct browser *b, const char *login)
{
	if (begin(b, login, "right", NULL) != 0)
		return false;
	rate_limit_trust_browser(context_of(b), &b->attempt);
	return true;
}

/* A field that has waited for the account. */
static const char *waited(const char *login, int seconds)
{
	struct browser b = { .address = "" };
	struct arena *a = f.arena;

	setenv("PORTVAKT_CLOCK_OFFSET", arena_printf(a, "-%d", seconds), 1);
	const char *field =
	    login_wait_begin(context_of(&b), rate_limit_key(a, login, &tinn));

	unsetenv("PORTVAKT_CLOCK_OFFSET");
	return field;
}

/* Another address and password each time, so that only accounts count. */
static struct browser stranger(int n)
{
	return new_browser(
	    arena_printf(f.arena, "198.51.%d.%d", n / 200, n % 200));
}

static char *guess(int n)
{
	return arena_printf(f.arena, "guess-%d", n);
}

static int open_limits(void **state)
{
	static struct net_range range;
	static struct network school = { .name = "skole",
		                         .ranges = &range,
		                         .range_count = 1 };

	(void)open_all(state);
	assert_int_equal(inet_pton(AF_INET6, "::ffff:10.40.0.0", &range.from),
	                 1);
	assert_int_equal(inet_pton(AF_INET6, "::ffff:10.40.255.255", &range.to),
	                 1);
	r.networks = &school;
	r.network_count = 1;
	backends.store = store;
	return 0;
}

/* ---- an account */

static void an_account_with_failures_makes_new_browsers_wait(void **state)
{
	static const int waits[] = { 0, 0, 0, 0, 0, 4, 8, 16, 16, 16, 60 };
	const char *reason;

	(void)state;
	for (size_t i = 0; i < LENGTH(waits); i++) {
		struct browser b = stranger((int)i);

		assert_int_equal(begin(&b, "grow", "x", &reason), waits[i]);
		if (waits[i] == 0) {
			rate_limit_fail(context_of(&b), &b.attempt);
			continue;
		}
		assert_string_equal(reason, "too-many-tries");
		/* What waited as long is tried. */
		b.field = waited("grow", waits[i] - 1);
		assert_int_equal(begin(&b, "grow", "x", NULL), 1);
		b.field = waited("grow", waits[i]);
		assert_int_equal(fail_once(&b, "grow", "x"), 0);
	}
}

static void an_early_post_is_not_counted_and_keeps_its_time(void **state)
{
	struct browser b = stranger(1);

	(void)state;
	for (int i = 0; i < 5; i++)
		assert_int_equal(fail_once(&b, "early", guess(i)), 0);
	b.field = waited("early", 3);
	for (int i = 0; i < 30; i++)
		assert_int_equal(begin(&b, "early", guess(i), NULL), 1);
	b.field = waited("early", 4);
	assert_true(succeed(&b, "early"));
}

static void a_field_counts_for_its_account_and_quarter_of_an_hour(void **state)
{
	struct browser b = stranger(2);

	(void)state;
	for (int i = 0; i < 5; i++)
		assert_int_equal(fail_once(&b, "bound", guess(i)), 0);
	const char *rows[] = { waited("another", 30),
		               waited("bound", 901),
		               waited("bound", -30),
		               "",
		               "changed",
		               arena_printf(f.arena, "%sA",
		                            waited("bound", 9)) };

	for (size_t i = 0; i < LENGTH(rows); i++) {
		b.field = rows[i];
		assert_int_equal(begin(&b, "bound", "x", NULL), 4);
	}
	b.field = waited("BOUND@tinn.example", 30);
	assert_true(succeed(&b, "bound"));
}

/* The upper bound: ten, and then one a minute, however many browsers wait. */
static void after_ten_failures_one_attempt_a_minute_is_made(void **state)
{
	int tried = 0;

	(void)state;
	for (int i = 0; i < 200; i++) {
		struct browser b = stranger(i);

		b.field = waited("bounded", 300);
		tried += fail_once(&b, "bounded", guess(i)) == 0;
	}
	assert_int_equal(tried, 11);
	struct browser b = stranger(201);

	b.field = waited("bounded", 300);
	assert_int_equal(begin(&b, "bounded", "x", NULL), 20);
}

/* Also where others asked in vain meanwhile. */
static void an_attempt_that_succeeds_takes_none_from_the_others(void **state)
{
	struct browser first = stranger(1), second = stranger(2);

	(void)state;
	for (int i = 0; i < 10; i++) {
		struct browser b = stranger(i);

		b.field = waited("shared", 300);
		assert_int_equal(fail_once(&b, "shared", guess(i)), 0);
	}
	first.field = second.field = waited("shared", 60);
	assert_int_equal(begin(&first, "shared", "right", NULL), 0);
	for (int i = 0; i < 5; i++)
		assert_int_equal(begin(&second, "shared", "right", NULL), 20);
	rate_limit_trust_browser(context_of(&first), &first.attempt);
	assert_true(succeed(&second, "shared"));
}

/* Otherwise every ten minutes would begin with attempts without a wait. */
static void a_failure_after_a_long_wait_prolongs_it(void **state)
{
	const char *key = store_key_from_pair(
	    f.arena, "count", LOGIN_COUNTER_ACCOUNT, "tinn prolonged");
	struct browser b = stranger(3);

	(void)state;
	for (int i = 0; i < 10; i++) {
		b.field = waited("prolonged", 300);
		assert_int_equal(fail_once(&b, "prolonged", guess(i)), 0);
	}
	assert_int_equal(number_from("EXPIRE %s 50", key), 1);
	b.field = waited("prolonged", 300);
	assert_int_equal(begin(&b, "prolonged", "x", NULL), 0);
	assert_true(number_from("TTL %s", key) <= 50);
	rate_limit_fail(context_of(&b), &b.attempt);
	assert_true(number_from("TTL %s", key) > 590);
}

static void a_browser_known_before_has_a_count_of_its_own(void **state)
{
	struct browser known = {
		.address = "198.51.100.1",
		.secret = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ",
	};

	(void)state;
	assert_true(succeed(&known, "known"));
	for (int i = 0; i < 60; i++) {
		struct browser b = stranger(i);

		b.field = waited("known", 300);
		(void)fail_once(&b, "known", guess(i));
	}
	known.field = NULL;
	assert_true(succeed(&known, "known"));
	for (int i = 0; i < 10; i++)
		assert_int_equal(fail_once(&known, "known", guess(i)), 0);
	known.field = NULL;
	assert_int_equal(begin(&known, "known", "x", NULL), 60);
	/* It is known for this account only. */
	known.field = NULL;
	for (int i = 0; i < 5; i++)
		assert_int_equal(fail_once(&known, "neighbour", guess(i)), 0);
	known.field = NULL;
	assert_int_equal(begin(&known, "neighbour", "x", NULL), 4);
}

static void a_network_of_the_region_counts_accounts_apart(void **state)
{
	struct browser pupil = new_browser("10.40.1.1");

	(void)state;
	for (int i = 0; i < 60; i++) {
		struct browser b = stranger(i);

		b.field = waited("pupil", 300);
		(void)fail_once(&b, "pupil", guess(i));
	}
	assert_true(succeed(&pupil, "pupil"));
	for (int i = 0; i < 5; i++)
		assert_int_equal(fail_once(&pupil, "pupil", guess(i)), 0);
	pupil.field = NULL;
	assert_int_equal(begin(&pupil, "pupil", "x", NULL), 4);
}

/* ---- an address, a site, a network */

/* Failures of other accounts and passwords each time, from address. */
static void fail_often(const char *address, const char *name, int count)
{
	for (int i = 0; i < count; i++) {
		const char *login = arena_printf(f.arena, "%s-%d", name, i);
		struct browser b = new_browser(address);

		b.field = waited(login, 300);
		if (fail_once(&b, login, guess(i)) != 0)
			fail_msg("%s: failure %d was refused", address, i);
	}
}

static int wait_of(const char *address, const char *login,
                   const char **ret_reason)
{
	struct browser b = new_browser(address);

	return begin(&b, login, arena_printf(f.arena, "of %s", login),
	             ret_reason);
}

static void failures_of_an_address_make_it_wait(void **state)
{
	const char *reason;

	(void)state;
	fail_often("203.0.113.1", "a", 19);
	assert_int_equal(wait_of("203.0.113.1", "one", NULL), 0);
	fail_often("203.0.113.1", "b", 1);
	assert_int_equal(wait_of("203.0.113.1", "two", &reason), 4);
	assert_string_equal(reason, "too-many-from-network");
	fail_often("203.0.113.1", "c", 20);
	assert_int_equal(wait_of("203.0.113.1", "three", NULL), 8);
	fail_often("203.0.113.1", "d", 20);
	assert_int_equal(wait_of("203.0.113.1", "four", NULL), 16);
	assert_int_equal(wait_of("203.0.113.2", "five", NULL), 0);
}

/* Logins that succeed, or that are being verified, count for no address. */
static void a_class_that_logs_in_at_once_does_not_wait(void **state)
{
	(void)state;
	for (int i = 0; i < 60; i++)
		assert_int_equal(wait_of("203.0.113.3",
		                         arena_printf(f.arena, "class-%d", i),
		                         NULL),
		                 0);
}

static void seventy_addresses_of_one_64_are_one(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++)
		fail_often(arena_printf(f.arena, "2001:db8:1:1:%x::%x", i, i),
		           arena_printf(f.arena, "six-%d", i), 1);
	for (int i = 20; i < 70; i++)
		assert_int_equal(
		    wait_of(arena_printf(f.arena, "2001:db8:1:1:%x::%x", i, i),
		            arena_printf(f.arena, "six-%d", i), NULL),
		    4);
	assert_int_equal(wait_of("2001:db8:1:2::1", "next", NULL), 0);
}

static void a_48_has_eight_times_the_limit_of_a_64(void **state)
{
	(void)state;
	for (int i = 0; i < 159; i++)
		fail_often(arena_printf(f.arena, "2001:db8:2:%x::1", i),
		           arena_printf(f.arena, "site-%d", i), 1);
	assert_int_equal(wait_of("2001:db8:2:aaaa::1", "in-site", NULL), 0);
	fail_often("2001:db8:2:bbbb::1", "last", 1);
	assert_int_equal(wait_of("2001:db8:2:cccc::1", "too-late", NULL), 4);
	assert_int_equal(wait_of("2001:db8:3::1", "other-site", NULL), 0);
}

static void a_network_of_the_region_has_a_larger_limit(void **state)
{
	(void)state;
	fail_often("10.40.2.2", "net", 250);
	assert_int_equal(wait_of("10.40.3.3", "net-new", NULL), 0);
}

/* ---- one password for many accounts */

static void one_password_for_many_accounts_makes_its_address_wait(void **state)
{
	const char *reason, *login = NULL;
	long long clears;

	(void)state;
	for (int i = 0; i < 11; i++) {
		struct browser b = new_browser("203.0.113.9");

		login = arena_printf(f.arena, "spray-%d", i);
		assert_int_equal(fail_once(&b, login, "Sommer2026"),
		                 i < 10 ? 0 : 4);
	}
	assert_int_equal(wait_of("203.0.113.9", login, NULL), 0);
	struct browser b = new_browser("203.0.113.9");

	assert_int_equal(begin(&b, "spray-12", "Sommer2026", &reason), 4);
	assert_string_equal(reason, "too-many-from-network");
	b = new_browser("203.0.113.10");
	assert_int_equal(begin(&b, "spray-12", "Sommer2026", NULL), 0);
	/* An operator clears the address. */
	assert_true(store_counter_incr(store, &r, LOGIN_COUNTER_CLEARS,
	                               "203.0.113.9", 60, &clears, NULL));
	b = new_browser("203.0.113.9");
	assert_int_equal(begin(&b, "spray-13", "Sommer2026", NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    an_account_with_failures_makes_new_browsers_wait),
		cmocka_unit_test(
		    an_early_post_is_not_counted_and_keeps_its_time),
		cmocka_unit_test(
		    a_field_counts_for_its_account_and_quarter_of_an_hour),
		cmocka_unit_test(
		    after_ten_failures_one_attempt_a_minute_is_made),
		cmocka_unit_test(
		    an_attempt_that_succeeds_takes_none_from_the_others),
		cmocka_unit_test(a_failure_after_a_long_wait_prolongs_it),
		cmocka_unit_test(a_browser_known_before_has_a_count_of_its_own),
		cmocka_unit_test(a_network_of_the_region_counts_accounts_apart),
		cmocka_unit_test(failures_of_an_address_make_it_wait),
		cmocka_unit_test(a_class_that_logs_in_at_once_does_not_wait),
		cmocka_unit_test(seventy_addresses_of_one_64_are_one),
		cmocka_unit_test(a_48_has_eight_times_the_limit_of_a_64),
		cmocka_unit_test(a_network_of_the_region_has_a_larger_limit),
		cmocka_unit_test(
		    one_password_for_many_accounts_makes_its_address_wait),
	};

	return cmocka_run_group_tests_name(__FILE__, tests, open_limits,
	                                   close_all);
}

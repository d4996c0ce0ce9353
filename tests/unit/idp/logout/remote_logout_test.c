/* SPDX-License-Identifier: AGPL-3.0-or-later
 * remote_logout_test.c: a person ends the sessions of other browsers, with a
 * real Redis.  The audit log is scripted. */
#include "tests/unit/idp/session/session_fixture.h"

#include "idp/logout/remote_logout.h"

/* ---- in place of session_end_audit.c */

static int audited;
static const char *audited_sid;

char *logout_audit(struct request_context *ctx,
                   const struct ended_session *ended, const char *initiator,
                   json_t *results)
{
	(void)ctx, (void)initiator, (void)results;
	audited++;
	audited_sid = ended->sid;
	return NULL;
}

/* ---- tests */

/* Redis refuses to end it: its participants have another type. */
static const struct session *damage_second(const struct session *x,
                                           const struct session *y)
{
	char **hashes;
	size_t count;

	assert_true(store_set_read(store, &r, f.arena, "person", "kari",
	                           &hashes, &count, NULL));
	assert_int_equal(count, 3);
	const char *hex_of_x =
	    hash_sha256_hex(f.arena, x->secret, strlen(x->secret));
	const struct session *second = y;

	for (size_t i = 0; i < count; i++)
		if (text_equal(hashes[i], hex_of_x))
			second = x;
		else if (text_equal(hashes[i],
		                    hash_sha256_hex(f.arena, y->secret,
		                                    strlen(y->secret))))
			second = y;
	const char *parts = store_key(f.arena, "parts", second->sid);

	assert_int_equal(number_from("DEL %s", parts), 1);
	assert_int_equal(number_from("APPEND %s x", parts), 1);
	return second;
}

static void ends_before_one_that_fails_are_recorded(void **state)
{
	const struct session *own = log_in("kari", NULL);
	const struct session *x = log_in("kari", NULL);
	const struct session *y = log_in("kari", NULL);
	struct logout_report report;
	struct browser b;
	struct error err = { 0 };

	(void)state;
	audited = 0;
	const struct session *damaged = damage_second(x, y);

	assert_false(remote_logout(browser_with(&b, own->secret), own, NULL,
	                           CAUSE_ELSEWHERE, &report, &err));
	assert_int_equal(err.kind, ERROR_UNAVAILABLE);
	assert_int_equal(audited, 1);
	assert_string_equal(audited_sid, damaged == x ? y->sid : x->sid);
	assert_int_equal(report.sessions, 1);
	assert_non_null(session_of(own->secret));
}

static void one_of_another_person_is_not_found(void **state)
{
	const struct session *own = log_in("ola", NULL);
	const struct session *other = log_in("tor", NULL);
	struct logout_report report;
	struct browser b;
	struct error err = { 0 };

	(void)state;
	audited = 0;
	assert_false(remote_logout(
	    browser_with(&b, own->secret), own,
	    hash_sha256_hex(f.arena, other->secret, strlen(other->secret)),
	    CAUSE_ELSEWHERE, &report, &err));
	assert_string_equal(err.reason, "not-found");
	assert_int_equal(audited, 0);
	assert_non_null(session_of(other->secret));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ends_before_one_that_fails_are_recorded),
		cmocka_unit_test(one_of_another_person_is_not_found),
	};

	return cmocka_run_group_tests_name(__FILE__, tests, open_session_store,
	                                   close_all);
}

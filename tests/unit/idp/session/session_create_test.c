/* SPDX-License-Identifier: AGPL-3.0-or-later
 * session_create_test.c: a login in a browser that has a session, with a real
 * Redis.  The end of one is scripted. */
#include "tests/unit/idp/session/session_fixture.h"

#include "lib/clock.h"

/* ---- in place of session_end.c */

#define ENDED_KEY \
	"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static const char *ended_sid, *ended_cause, *audited;

bool session_end(struct request_context *ctx, const struct session *s,
                 const char *cause, int64_t notify_in_s,
                 struct ended_session *ret, struct error *err)
{
	(void)ctx, (void)notify_in_s, (void)err;
	ended_sid = s->sid;
	ended_cause = cause;
	*ret = (struct ended_session){ .hex = ENDED_KEY };
	return true;
}

bool session_end_stored(struct request_context *ctx,
                        const struct store_session *session, const char *cause,
                        int64_t notify_in_s, struct ended_session *ret,
                        struct error *err)
{
	(void)ctx, (void)notify_in_s, (void)err;
	ended_sid = session->sid;
	ended_cause = cause;
	*ret = (struct ended_session){ .hex = session->hex };
	return true;
}

char *logout_audit(struct request_context *ctx,
                   const struct ended_session *ended, const char *initiator,
                   json_t *results)
{
	(void)ctx, (void)initiator, (void)results;
	audited = ended->hex;
	return NULL;
}

/* ---- tests */

static void a_login_of_another_person_ends_the_session(void **state)
{
	const struct session *kari = log_in("kari", NULL);
	const struct session *ola = log_in("ola", kari->secret);

	(void)state;
	assert_string_equal(ended_sid, kari->sid);
	assert_string_equal(ended_cause, CAUSE_OTHER_PERSON);
	assert_string_equal(audited, ENDED_KEY);
	assert_string_not_equal(ola->sid, kari->sid);
	assert_string_equal(session_of(ola->secret)->person->id, "ola");
}

/* Otherwise a session that is confirmed in time would never end. */
static void another_login_of_a_person_keeps_the_session_and_its_end(
    void **state)
{
	(void)state;
	setenv("PORTVAKT_CLOCK_OFFSET", "-25", 1);
	const struct session *first = log_in("kari", NULL);

	ended_sid = NULL;
	unsetenv("PORTVAKT_CLOCK_OFFSET");
	const struct session *next = log_in("kari", first->secret);

	assert_null(ended_sid);
	assert_string_equal(next->sid, first->sid);
	assert_string_not_equal(next->secret, first->secret);
	assert_true(next->auth_time >= first->auth_time + 25);
	assert_int_equal(next->created_at, first->created_at);
	assert_int_equal(session_of(next->secret)->created_at,
	                 first->created_at);
	assert_null(session_of(first->secret));
}

/* ---- two logins at the same time, over one session */

enum { ROUNDS = 40, AT_ONCE = 2 };

struct login_thread {
	pthread_t thread;
	struct arena *arena;
	const struct person *person;
	const char *cookie;
	const struct session *session;
};

static void *log_in_at_once(void *data)
{
	struct login_thread *t = data;
	struct browser b;
	struct request_context *ctx = browser_with(&b, t->cookie);

	ctx->arena = b.request.arena = b.response.arena = t->arena;
	if (!session_create(ctx, t->person, t->person->affiliations->id, "pwd",
	                    "low", &t->session, NULL))
		t->session = NULL;
	return NULL;
}

static void both_belong_to(const struct session *first,
                           const struct login_thread at_once[AT_ONCE])
{
	for (int i = 0; i < AT_ONCE; i++) {
		assert_non_null(at_once[i].session);
		assert_string_equal(at_once[i].session->sid, first->sid);
		assert_int_equal(at_once[i].session->created_at,
		                 first->created_at);
		assert_non_null(session_of(at_once[i].session->secret));
	}
}

/* The browser keeps one of the two cookies: its logout must reach the services
 * of the session. */
static void two_logins_at_once_over_a_session_both_belong_to_it(void **state)
{
	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		const struct session *first = log_in("kari", NULL);
		struct login_thread at_once[AT_ONCE];

		for (int i = 0; i < AT_ONCE; i++) {
			at_once[i] = (struct login_thread){
				.arena = arena_open(),
				.person = first->person,
				.cookie = first->secret,
			};
			assert_int_equal(pthread_create(&at_once[i].thread,
			                                NULL, log_in_at_once,
			                                &at_once[i]),
			                 0);
		}
		for (int i = 0; i < AT_ONCE; i++)
			(void)pthread_join(at_once[i].thread, NULL);
		both_belong_to(first, at_once);
		assert_null(session_of(first->secret));
		for (int i = 0; i < AT_ONCE; i++)
			arena_close(at_once[i].arena);
	}
}

/* The cookie of a login that has just replaced the session is on its way to the
 * browser. */
static void another_person_ends_the_session_that_has_just_replaced_it(
    void **state)
{
	const struct session *first = log_in("kari", NULL);
	const struct session *next = log_in("kari", first->secret);

	(void)state;
	ended_sid = NULL;
	audited = NULL;
	const struct session *ola = log_in("ola", first->secret);

	assert_string_equal(ended_sid, next->sid);
	assert_string_equal(ended_cause, CAUSE_OTHER_PERSON);
	assert_string_equal(audited, hash_sha256_hex(f.arena, next->secret,
	                                             strlen(next->secret)));
	assert_string_not_equal(ola->sid, next->sid);
}

static bool marker_has_key_of(const struct session *s)
{
	char **names, **values;
	size_t count;

	assert_true(store_hash_read(store, &r, f.arena, "parts", s->sid, &names,
	                            &values, &count, NULL));
	for (size_t i = 0; i < count; i++)
		if (text_equal(names[i], STORE_SESSION_MARKER))
			return strstr(values[i],
			              hash_sha256_hex(f.arena, s->secret,
			                              strlen(s->secret)));
	return false;
}

/* The idle end of the key that the browser dropped must not end the session. */
static void the_key_in_use_is_that_of_the_marker(void **state)
{
	(void)state;
	setenv("PORTVAKT_CLOCK_OFFSET", "-25", 1);
	const struct session *first = log_in("kari", NULL);
	const struct session *used = log_in("kari", first->secret);
	const struct session *dropped = log_in("kari", first->secret);

	assert_true(marker_has_key_of(dropped));
	setenv("PORTVAKT_CLOCK_OFFSET", "40", 1);
	assert_non_null(session_of(used->secret));
	unsetenv("PORTVAKT_CLOCK_OFFSET");
	assert_true(marker_has_key_of(used));
}

static void a_session_that_ended_elsewhere_is_absent(void **state)
{
	const struct session *kari = log_in("kari", NULL);

	(void)state;
	assert_non_null(session_of(kari->secret));
	gone_sid = kari->sid;
	assert_null(session_of(kari->secret));
	/* A login then is of a new session. */
	assert_string_not_equal(log_in("kari", kari->secret)->sid, kari->sid);
	gone_sid = NULL;
}

static void with_a_wrong_clock_no_one_logs_in(void **state)
{
	static const struct {
		const char *offset;
		bool good;
	} rows[] = {
		{ "-25", true },
		{ "25", true },
		{ "-40", false },
		{ "40", false },
	};
	const struct person *p = person_of("kari");

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct browser b;
		const struct session *s;
		struct error err = { 0 };

		setenv("PORTVAKT_CLOCK_OFFSET", rows[i].offset, 1);
		assert_int_equal(session_create(browser_with(&b, NULL), p,
		                                p->affiliations->id, "pwd",
		                                "low", &s, &err),
		                 rows[i].good);
		unsetenv("PORTVAKT_CLOCK_OFFSET");
		if (!rows[i].good)
			assert_string_equal(err.reason, "clock");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_login_of_another_person_ends_the_session),
		cmocka_unit_test(
		    another_login_of_a_person_keeps_the_session_and_its_end),
		cmocka_unit_test(
		    two_logins_at_once_over_a_session_both_belong_to_it),
		cmocka_unit_test(
		    another_person_ends_the_session_that_has_just_replaced_it),
		cmocka_unit_test(the_key_in_use_is_that_of_the_marker),
		cmocka_unit_test(a_session_that_ended_elsewhere_is_absent),
		cmocka_unit_test(with_a_wrong_clock_no_one_logs_in),
	};

	return cmocka_run_group_tests_name(__FILE__, tests, open_session_store,
	                                   close_all);
}

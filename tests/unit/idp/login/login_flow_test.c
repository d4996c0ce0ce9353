/* SPDX-License-Identifier: AGPL-3.0-or-later
 * login_private_test.c: selection of the affiliation, acr, rate limit keys and
 * the preference cookie. */
#include "tests/unit/region/config/fixture.h"

#include "idp/login/login_private.h"
#include "lib/clock.h"

static const struct affiliation teacher = { .id = "teacher" };
static const struct affiliation clerk = { .id = "clerk" };

static struct candidates both(struct candidate at[2], enum policy_verdict one,
                              enum policy_verdict other)
{
	at[0] = (struct candidate){ .affiliation = &teacher,
		                    .decision = { .verdict = one } };
	at[1] = (struct candidate){ .affiliation = &clerk,
		                    .decision = { .verdict = other } };
	size_t allowed = one == POLICY_ALLOW ? 1 : 0;

	return (struct candidates){
		.at = at,
		.count = 2,
		.allowed = allowed + (other == POLICY_ALLOW),
	};
}

static const char *id_of(const struct candidate *c)
{
	return c ? c->affiliation->id : "none";
}

/* A remembered or given affiliation must be allowed by the policy now. */
static void affiliation_is_given_remembered_or_to_be_selected(void **state)
{
	static const struct {
		const char *name;
		enum policy_verdict one, other;
		const char *given, *remembered;
		bool is_portal;
		const char *expected;
	} rows[] = {
		{ "only one permitted", POLICY_ALLOW, POLICY_DENY, NULL, NULL,
		  false, "teacher" },
		{ "both permitted: select", POLICY_ALLOW, POLICY_ALLOW, NULL,
		  NULL, false, "none" },
		{ "both permitted, one requested", POLICY_ALLOW, POLICY_ALLOW,
		  "clerk", NULL, false, "clerk" },
		{ "requested, but denied", POLICY_ALLOW, POLICY_DENY, "clerk",
		  NULL, false, "none" },
		{ "requested, but needs a step-up", POLICY_ALLOW,
		  POLICY_STEP_UP, "clerk", NULL, false, "none" },
		{ "another person's", POLICY_ALLOW, POLICY_ALLOW, "stranger",
		  NULL, false, "none" },
		{ "chosen before", POLICY_ALLOW, POLICY_ALLOW, NULL, "clerk",
		  false, "clerk" },
		{ "chosen before, denied now", POLICY_ALLOW, POLICY_DENY, NULL,
		  "clerk", false, "teacher" },
		{ "chosen before, gone now", POLICY_ALLOW, POLICY_ALLOW, NULL,
		  "gone", false, "none" },
		{ "requested, unlike before", POLICY_ALLOW, POLICY_ALLOW,
		  "teacher", "clerk", false, "teacher" },
		{ "none permitted", POLICY_DENY, POLICY_STEP_UP, NULL, "clerk",
		  false, "none" },
		{ "the portal needs no selection", POLICY_ALLOW, POLICY_ALLOW,
		  NULL, NULL, true, "teacher" },
		{ "the portal, one denied", POLICY_DENY, POLICY_ALLOW, NULL,
		  NULL, true, "clerk" },
		{ "the portal, both denied", POLICY_DENY, POLICY_DENY, NULL,
		  NULL, true, "none" },
	};
	const struct service service = { .name = "skole" };

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct candidate at[2];
		const struct candidates all =
		    both(at, rows[i].one, rows[i].other);
		const struct session_participant part = {
			.affiliation = rows[i].remembered
		};
		const struct auth_txn txn = { .service = rows[i].is_portal
			                                     ? NULL
			                                     : &service };
		const char *got = id_of(select_affiliation(
		    &txn, &all, rows[i].remembered ? &part : NULL,
		    rows[i].given));

		if (!text_equal(got, rows[i].expected))
			fail_msg("%s: %s", rows[i].name, got);
	}
}

/* A nurse proved as a teacher has another job that she could use after a login
 * with its own account: the first login to a service asks, later ones do
 * not. */
static void an_affiliation_to_be_proved_is_offered_once(void **state)
{
	static const struct {
		const char *name;
		enum policy_verdict one;
		const char *given, *remembered;
		bool is_portal, is_passive;
		const char *expected;
	} rows[] = {
		{ "asked", POLICY_ALLOW, NULL, NULL, false, false, "none" },
		{ "answered", POLICY_ALLOW, "teacher", NULL, false, false,
		  "teacher" },
		{ "asked before", POLICY_ALLOW, NULL, "teacher", false, false,
		  "teacher" },
		{ "chosen before: one that is no longer proved", POLICY_ALLOW,
		  NULL, "nurse", false, false, "none" },
		{ "given, but not proved", POLICY_ALLOW, "nurse", NULL, false,
		  false, "none" },
		{ "prompt=none", POLICY_ALLOW, NULL, NULL, false, true,
		  "teacher" },
		{ "the portal", POLICY_ALLOW, NULL, NULL, true, false,
		  "teacher" },
		{ "nothing allowed", POLICY_DENY, NULL, NULL, false, false,
		  "none" },
	};
	static const struct affiliation nurse = { .id = "nurse" };
	const struct affiliation *provable[] = { &nurse };
	const struct service service = { .name = "skole" };

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct candidate at[2];
		struct candidates all = both(at, rows[i].one, POLICY_DENY);
		const struct session_participant part = {
			.affiliation = rows[i].remembered
		};
		const struct auth_txn txn = {
			.service = rows[i].is_portal ? NULL : &service,
			.is_passive = rows[i].is_passive,
		};

		all.provable = provable;
		all.provable_count = 1;
		const char *got = id_of(select_affiliation(
		    &txn, &all, rows[i].remembered ? &part : NULL,
		    rows[i].given));

		if (!text_equal(got, rows[i].expected))
			fail_msg("%s: %s", rows[i].name, got);
	}
}

static void denial_shown_is_of_the_nearest_candidate(void **state)
{
	struct candidate at[2];
	struct candidates all = both(at, POLICY_DENY, POLICY_STEP_UP);
	const struct candidates none = { 0 };

	(void)state;
	assert_string_equal(id_of(candidates_refused(&all, "teacher")),
	                    "clerk");
	all = both(at, POLICY_DENY, POLICY_DENY);
	assert_string_equal(id_of(candidates_refused(&all, "clerk")), "clerk");
	assert_string_equal(id_of(candidates_refused(&all, "gone")), "teacher");
	assert_null(candidates_refused(&none, "clerk"));
}

static void max_age_and_force_authn_are_enforced(void **state)
{
	const int64_t now = clock_now();
	const struct session s = { .auth_time = now - 100 };
	const struct auth_txn any = { .max_age = -1 };
	const struct auth_txn minute = { .max_age = 60 };
	const struct auth_txn hour = { .max_age = 3600 };
	const struct auth_txn again = { .max_age = -1, .force_authn = true };

	(void)state;
	assert_true(session_satisfies_request(&s, &any));
	assert_true(session_satisfies_request(&s, &hour));
	assert_false(session_satisfies_request(&s, &minute));
	assert_false(session_satisfies_request(&s, &again));
	assert_false(session_satisfies_request(NULL, &any));
}

static void unknown_acr_has_the_lowest_rank(void **state)
{
	(void)state;
	assert_int_equal(acr_rank(NULL), 0);
	assert_int_equal(acr_rank("urn:whatever"), 0);
	assert_true(acr_rank("idporten-loa-low") <
	            acr_rank("idporten-loa-substantial"));
	assert_true(acr_rank("idporten-loa-substantial") <
	            acr_rank("idporten-loa-high"));
}

static void login_name_variants_share_one_counter(void **state)
{
	static const char *const typed[] = { "kari.lys", "KARI.lys",
		                             "kari.lys@tinn.example",
		                             "Kari.Lys@TINN.EXAMPLE" };
	struct arena *a = arena_open();
	const struct municipality tinn = { .name = "tinn" };
	const struct municipality other = { .name = "notodden" };

	(void)state;
	for (size_t i = 0; i < LENGTH(typed); i++)
		assert_string_equal(rate_limit_key(a, typed[i], &tinn),
		                    "tinn kari.lys");
	assert_string_equal(rate_limit_key(a, "\xc3\x98stby", &tinn),
	                    rate_limit_key(a, "\xc3\xb8stby", &tinn));
	assert_string_not_equal(rate_limit_key(a, typed[0], &other),
	                        rate_limit_key(a, typed[0], &tinn));
	arena_close(a);
}

/* The cookie may have any content. */
static void preference_cookie_is_validated(void **state)
{
	static const struct {
		const char *cookie, *municipality;
	} rows[] = {
		{ "notodden.nb", "notodden" },
		{ "notodden.", "notodden" },
		{ "tinn.<script>", "tinn" },
		{ "flesberg.nb", NULL },
		{ "notodden", NULL },
		{ ".nb", NULL },
		{ "", NULL },
		{ "../tinn.nb", NULL },
	};
	struct fixture f = fixture_open();
	struct config *cfg = fixture_region(&f);

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct http_field cookie = { "__Host-portvakt-choice",
			                     rows[i].cookie };
		const struct request request = { .arena = f.arena,
			                         .cookies = &cookie,
			                         .cookie_count = 1 };
		struct http_response answer = { .arena = f.arena };
		struct request_context ctx = { .arena = f.arena,
			                       .cfg = cfg,
			                       .request = &request,
			                       .response = &answer };
		const struct municipality *m = preference_municipality(&ctx);

		if (!text_equal(m ? m->name : NULL, rows[i].municipality))
			fail_msg("%s", rows[i].cookie);
		preference_set(&ctx, NULL, "nn");
		if (!strstr(answer.headers[0].value, ".nn;") ||
		    strstr(answer.headers[0].value, "script"))
			fail_msg("%s", answer.headers[0].value);
	}
	config_unref(cfg);
	arena_close(f.arena);
}

TESTS(affiliation_is_given_remembered_or_to_be_selected,
      an_affiliation_to_be_proved_is_offered_once,
      denial_shown_is_of_the_nearest_candidate,
      max_age_and_force_authn_are_enforced, unknown_acr_has_the_lowest_rank,
      login_name_variants_share_one_counter, preference_cookie_is_validated)

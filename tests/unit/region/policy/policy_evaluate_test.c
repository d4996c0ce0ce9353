/* SPDX-License-Identifier: AGPL-3.0-or-later
 * policy_evaluate_test.c: a table of requests with the expected decision,
 * reason and deciding line. */
#include "tests/unit/test.h"

#include "lib/clock.h"
#include "region/policy/policy_context.h"
#include "region/policy/policy_evaluate.h"
#include "tests/unit/region/config/fixture.h"

static const char small_region[] =
    "region r {\n"
    "	name R\n"
    "	login-url https://login.r.example\n"
    "	contact IKT\n"
    "	catalogue ldapi://%2frun%2fx {\n"
    "		base dc=r\n"
    "		reader cn=r secret @r\n"
    "		writer cn=w secret @r\n"
    "		admin cn=a secret @r\n"
    "	}\n"
    "	session-store unix:/run/x\n"
    "}\n"
    "network school 10.40.0.0/16 2001:db8:40::/48\n"
    "network closed listener sikker\n"
    "plugin region-word\n"
    "service plain {\n"
    "	name Plain\n"
    "	saml plain.xml\n"
    "}\n"
    "service closed {\n"
    "	name Closed\n"
    "	saml closed.xml\n"
    "	require from closed\n"
    "}\n"
    "service strong {\n"
    "	name Strong\n"
    "	saml strong.xml\n"
    "	require second-factor\n"
    "}\n"
    "service judged {\n"
    "	name Judged\n"
    "	saml judged.xml\n"
    "	require region-word\n"
    "}\n"
    "municipality m {\n"
    "	name M\n"
    "	organisation-number 942402465\n"
    "	domain m.example\n"
    "	contact IKT\n"
    "	plugin consent\n"
    "	rules {\n"
    "		employees may enter plain closed strong judged portal\n"
    "		pupils may enter plain when consent for plain\n"
    "		pupils may not enter plain when between 22:00-06:00\n"
    "		pupils may enter strong when second-factor and from school\n"
    "		teachers may enter plain when position at least 50%\n"
    "		role health may enter plain when until 2026-06-30\n"
    "		guests may enter plain\n"
    "		guests may not enter plain when consent for guests\n"
    "		vendors may enter plain when from school closed\n"
    "		politicians may enter plain when consent for p and from "
    "school\n"
    "		politicians may enter plain when second-factor\n"
    "	}\n"
    "	role health\n"
    "}\n"
    "municipality other {\n"
    "	name Other\n"
    "	organisation-number 964963193\n"
    "	domain other.example\n"
    "	contact IKT\n"
    "}\n";

static struct config *small(const struct fixture *f)
{
	return fixture_rules(f, small_region);
}

/* The verdicts of plugin-host@m and plugin-host@region in one row. */
struct fake_verdicts {
	enum portvakt_verdict m, region;
};

static void fake_plugin_host(void *data, const char *judge,
                             const struct condition *const *conditions,
                             size_t count, const struct portvakt_context *facts,
                             enum portvakt_verdict *verdicts,
                             const char **identities)
{
	const struct fake_verdicts *fake = data;

	(void)conditions;
	(void)facts;
	for (size_t i = 0; i < count; i++) {
		verdicts[i] = text_equal(judge, "m") ? fake->m : fake->region;
		identities[i] =
		    text_equal(judge, "m") ? "consent file=1 data=-" : "";
	}
}

enum { NOON = 0, NIGHT = 1 };
#define PERMIT   PORTVAKT_PERMIT
#define DENY     PORTVAKT_DENY
#define ERROR    PORTVAKT_ERROR
#define STEP     PORTVAKT_STEP_UP
#define RUBBISH  ((enum portvakt_verdict)4711)
#define NEGATIVE ((enum portvakt_verdict) - 1)
#define BUSY     ((enum portvakt_verdict)PLUGIN_VERDICT_BUSY)

/* clang-format off */
static const struct {
	enum affiliation_type kind;
	const char *role;
	int position;
	const char *service, *address, *listener;
	bool second_factor;
	int when;
	struct fake_verdicts fake;
	enum policy_verdict verdict;
	const char *reason;
	int line;
} rows[] = {
	/* default deny */
	{ KIND_EMPLOYEE, NULL, -1, "plain", "", "", 0, NOON, { 0, 0 }, POLICY_ALLOW, NULL, 42 },
	{ KIND_EMPLOYEE, NULL, -1, "portal", "", "", 0, NOON, { 0, 0 }, POLICY_ALLOW, NULL, 42 },
	{ KIND_PUPIL, NULL, -1, "portal", "", "", 0, NOON, { 0, 0 }, POLICY_DENY, "not-allowed", 0 },
	{ KIND_EMPLOYEE, NULL, -1, "nowhere", "", "", 0, NOON, { 0, 0 }, POLICY_DENY, "unknown-service", 0 },
	{ KIND_NONE, NULL, -1, "plain", "", "", 0, NOON, { PERMIT, PERMIT }, POLICY_DENY, "not-allowed", 0 },
	/* verdicts of a plugin */
	{ KIND_PUPIL, NULL, -1, "plain", "", "", 0, NOON, { PERMIT, 0 }, POLICY_ALLOW, NULL, 43 },
	{ KIND_PUPIL, NULL, -1, "plain", "", "", 0, NOON, { DENY, PERMIT }, POLICY_DENY, "consent", 43 },
	{ KIND_PUPIL, NULL, -1, "plain", "", "", 0, NOON, { ERROR, PERMIT }, POLICY_DENY, "plugin-silent", 43 },
	{ KIND_PUPIL, NULL, -1, "plain", "", "", 0, NOON, { BUSY, PERMIT }, POLICY_DENY, "plugin-busy", 43 },
	{ KIND_PUPIL, NULL, -1, "plain", "", "", 0, NOON, { RUBBISH, PERMIT }, POLICY_DENY, "plugin-silent", 43 },
	{ KIND_PUPIL, NULL, -1, "plain", "", "", 0, NOON, { NEGATIVE, PERMIT }, POLICY_DENY, "plugin-silent", 43 },
	{ KIND_PUPIL, NULL, -1, "plain", "", "", 0, NOON, { STEP, 0 }, POLICY_STEP_UP, "second-factor", 43 },
	/* deny overrides */
	{ KIND_PUPIL, NULL, -1, "plain", "", "", 0, NIGHT, { PERMIT, 0 }, POLICY_DENY, "hours", 44 },
	/* an error in a deny rule denies, a clear deny verdict does not */
	{ KIND_GUEST, NULL, -1, "plain", "", "", 0, NOON, { DENY, 0 }, POLICY_ALLOW, NULL, 48 },
	{ KIND_GUEST, NULL, -1, "plain", "", "", 0, NOON, { PERMIT, 0 }, POLICY_DENY, "rule-refuses", 49 },
	{ KIND_GUEST, NULL, -1, "plain", "", "", 0, NOON, { ERROR, 0 }, POLICY_DENY, "plugin-silent", 49 },
	{ KIND_GUEST, NULL, -1, "plain", "", "", 0, NOON, { BUSY, 0 }, POLICY_DENY, "plugin-busy", 49 },
	{ KIND_GUEST, NULL, -1, "plain", "", "", 0, NOON, { RUBBISH, 0 }, POLICY_DENY, "plugin-silent", 49 },
	{ KIND_GUEST, NULL, -1, "plain", "", "", 0, NOON, { STEP, 0 }, POLICY_DENY, "rule-refuses", 49 },
	/* requirements of the service */
	{ KIND_EMPLOYEE, NULL, -1, "closed", "10.40.0.1", "", 0, NOON, { 0, 0 }, POLICY_DENY, "network", 23 },
	{ KIND_EMPLOYEE, NULL, -1, "closed", "10.40.0.1", "sikker", 0, NOON, { 0, 0 }, POLICY_ALLOW, NULL, 42 },
	{ KIND_EMPLOYEE, NULL, -1, "strong", "", "", 0, NOON, { 0, 0 }, POLICY_STEP_UP, "second-factor", 28 },
	{ KIND_EMPLOYEE, NULL, -1, "strong", "", "", 1, NOON, { 0, 0 }, POLICY_ALLOW, NULL, 42 },
	{ KIND_EMPLOYEE, NULL, -1, "judged", "", "", 0, NOON, { PERMIT, PERMIT }, POLICY_ALLOW, NULL, 42 },
	{ KIND_EMPLOYEE, NULL, -1, "judged", "", "", 0, NOON, { PERMIT, DENY }, POLICY_DENY, "plugin-refuses", 33 },
	{ KIND_EMPLOYEE, NULL, -1, "judged", "", "", 0, NOON, { PERMIT, ERROR }, POLICY_DENY, "plugin-silent", 33 },
	/* all conditions must be met */
	{ KIND_PUPIL, NULL, -1, "strong", "10.40.255.255", "", 1, NOON, { 0, 0 }, POLICY_ALLOW, NULL, 45 },
	{ KIND_PUPIL, NULL, -1, "strong", "10.41.0.0", "", 1, NOON, { 0, 0 }, POLICY_DENY, "network", 45 },
	{ KIND_PUPIL, NULL, -1, "strong", "10.40.0.1", "", 0, NOON, { 0, 0 }, POLICY_STEP_UP, "second-factor", 45 },
	{ KIND_PUPIL, NULL, -1, "strong", "10.41.0.0", "", 0, NOON, { 0, 0 }, POLICY_DENY, "network", 45 },
	{ KIND_PUPIL, NULL, -1, "strong", "2001:db8:40:1::7", "", 1, NOON, { 0, 0 }, POLICY_ALLOW, NULL, 45 },
	{ KIND_PUPIL, NULL, -1, "strong", "::ffff:10.40.0.1", "", 1, NOON, { 0, 0 }, POLICY_ALLOW, NULL, 45 },
	{ KIND_PUPIL, NULL, -1, "strong", "10.40.0.1 ", "", 1, NOON, { 0, 0 }, POLICY_DENY, "network", 45 },
	{ KIND_PUPIL, NULL, -1, "strong", "", "sikker", 1, NOON, { 0, 0 }, POLICY_DENY, "network", 45 },
	/* any of several networks */
	{ KIND_VENDOR, NULL, -1, "plain", "", "sikker", 0, NOON, { 0, 0 }, POLICY_ALLOW, NULL, 50 },
	/* position percentages and dates */
	{ KIND_TEACHER, NULL, 50, "plain", "", "", 0, NOON, { 0, 0 }, POLICY_ALLOW, NULL, 46 },
	{ KIND_TEACHER, NULL, 49, "plain", "", "", 0, NOON, { 0, 0 }, POLICY_DENY, "position", 46 },
	{ KIND_TEACHER, NULL, -1, "plain", "", "", 0, NOON, { 0, 0 }, POLICY_DENY, "position", 46 },
	{ KIND_TEACHER, "health", -1, "plain", "", "", 0, NOON, { 0, 0 }, POLICY_ALLOW, NULL, 47 },
	{ KIND_TEACHER, "healthy", -1, "plain", "", "", 0, NOON, { 0, 0 }, POLICY_DENY, "position", 46 },
	/* one of two allow rules: an error in the other has no effect */
	{ KIND_POLITICIAN, NULL, -1, "plain", "", "", 1, NOON, { ERROR, 0 }, POLICY_ALLOW, NULL, 52 },
	{ KIND_POLITICIAN, NULL, -1, "plain", "", "", 0, NOON, { ERROR, 0 }, POLICY_STEP_UP, "second-factor", 52 },
	{ KIND_POLITICIAN, NULL, -1, "plain", "10.40.0.1", "", 0, NOON, { PERMIT, 0 }, POLICY_ALLOW, NULL, 51 },
};
/* clang-format on */

static int64_t moment(int when)
{
	int64_t midnight;

	assert_true(clock_parse_date("2026-06-30", false, &midnight));
	return midnight + (when == NOON ? 12 : 23) * 3600;
}

static struct affiliation affiliation_of(size_t i)
{
	static char *roles[2];

	roles[0] = (char *)(uintptr_t)rows[i].role;
	return (struct affiliation){ .id = "a",
		                     .municipality = "m",
		                     .kind = rows[i].kind,
		                     .roles = roles,
		                     .position = rows[i].position,
		                     .status = STATUS_ACTIVE };
}

/* What the conditions saw is the same after it was stored as JSON. */
static void check_facts_can_be_stored(struct arena *a,
                                      const struct policy_decision *d)
{
	assert_non_null(d->facts);
	json_t *stored = js_own(a, policy_context_to_json(d->facts));
	json_t *again = js_own(
	    a, policy_context_to_json(policy_context_from_json(a, stored)));

	assert_string_equal(js_dump(a, stored), js_dump(a, again));
	assert_null(js_string(stored, "name"));
}

/* Once, however many of its conditions were asked. */
static void check_plugins_are_named(struct arena *a,
                                    const struct policy_decision *d)
{
	json_t *plugins = js_own(a, policy_plugins_to_json(d));

	if (d->plugins) {
		assert_int_equal(json_array_size(plugins), 1);
		assert_string_equal(
		    json_string_value(json_array_get(plugins, 0)),
		    "consent file=1 data=-");
		assert_non_null(strstr(js_dump(a, plugins), "consent"));
	} else {
		assert_int_equal(json_array_size(plugins), 0);
	}
}

static void each_row_gives_the_expected_decision(void **state)
{
	struct fixture f = fixture_open();
	struct config *cfg = small(&f);

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct affiliation a = affiliation_of(i);
		const struct person p = { .id = "p", .status = STATUS_ACTIVE };
		const struct policy_request c = {
			.service = rows[i].service,
			.address = rows[i].address,
			.listener = rows[i].listener,
			.second_factor = rows[i].second_factor,
			.now = moment(rows[i].when),
		};
		struct fake_verdicts fake = rows[i].fake;
		const struct plugin_evaluator judges = { .evaluate =
			                                     fake_plugin_host,
			                                 .context = &fake };
		struct policy_decision d;

		policy_evaluate(f.arena, cfg, &p, &a, &c, &judges, &d);
		if (d.verdict != rows[i].verdict ||
		    d.location.line != rows[i].line)
			fail_msg("row %zu: %d at line %d\n%s", i, d.verdict,
			         d.location.line,
			         policy_explain(f.arena, cfg, &d));
		if (!text_equal(d.reason, rows[i].reason))
			fail_msg("row %zu: reason %s", i, d.reason);
		js_own(f.arena, policy_decision_to_json(&d));
		check_plugins_are_named(f.arena, &d);
		check_facts_can_be_stored(f.arena, &d);
	}
	config_unref(cfg);
	arena_close(f.arena);
}

static void a_plugin_condition_without_a_plugin_host_denies(void **state)
{
	struct fixture f = fixture_open();
	struct config *cfg = small(&f);
	const struct person p = { .id = "p", .status = STATUS_ACTIVE };
	const struct affiliation a = { .id = "a",
		                       .municipality = "m",
		                       .kind = KIND_PUPIL,
		                       .position = -1,
		                       .status = STATUS_ACTIVE };
	const struct policy_request c = { .service = "plain",
		                          .now = moment(NOON) };
	struct policy_decision d;

	(void)state;
	policy_evaluate(f.arena, cfg, &p, &a, &c, NULL, &d);
	assert_int_equal(d.verdict, POLICY_DENY);
	assert_string_equal(d.reason, "plugin-silent");
	config_unref(cfg);
	arena_close(f.arena);
}

static void inactive_people_are_denied_before_any_rule(void **state)
{
	struct fixture f = fixture_open();
	struct config *cfg = small(&f);
	struct person p = { .id = "p", .status = STATUS_ACTIVE };
	struct affiliation a = { .id = "a",
		                 .municipality = "m",
		                 .kind = KIND_EMPLOYEE,
		                 .position = -1,
		                 .status = STATUS_ACTIVE };
	const struct policy_request c = { .service = "plain",
		                          .now = moment(NOON) };
	struct policy_decision d;

	(void)state;
	policy_evaluate(f.arena, cfg, &p, NULL, &c, NULL, &d);
	assert_string_equal(d.reason, "no-affiliation");
	assert_null(d.facts);
	p.status = STATUS_SUSPENDED;
	policy_evaluate(f.arena, cfg, &p, &a, &c, NULL, &d);
	assert_string_equal(d.reason, "ended");
	assert_non_null(d.facts);
	p.status = STATUS_ACTIVE;
	a.until = c.now;
	policy_evaluate(f.arena, cfg, &p, &a, &c, NULL, &d);
	assert_string_equal(d.reason, "ended");
	a.until = c.now + 1;
	policy_evaluate(f.arena, cfg, &p, &a, &c, NULL, &d);
	assert_int_equal(d.verdict, POLICY_ALLOW);
	a.from = c.now + 1;
	policy_evaluate(f.arena, cfg, &p, &a, &c, NULL, &d);
	assert_string_equal(d.reason, "ended");
	a.from = 0;
	a.municipality = "gone";
	policy_evaluate(f.arena, cfg, &p, &a, &c, NULL, &d);
	assert_string_equal(d.reason, "ended");
	/* the rules of another municipality do not apply */
	a.municipality = "other";
	policy_evaluate(f.arena, cfg, &p, &a, &c, NULL, &d);
	assert_string_equal(d.reason, "not-allowed");
	config_unref(cfg);
	arena_close(f.arena);
}

/* Evaluates the policy with these lines added to municipality m. */
static void check_offboarding(const char *lines, const char *service, int when,
                              enum policy_verdict verdict, const char *reason)
{
	struct fixture f = fixture_open();
	struct conf_errors wrong;
	struct affiliation a = { .id = "a",
		                 .municipality = "m",
		                 .kind = KIND_EMPLOYEE,
		                 .status = STATUS_ACTIVE };
	const struct person p = { .id = "p", .status = STATUS_ACTIVE };
	const struct policy_request c = { .service = service,
		                          .now = moment(when) };
	struct policy_decision d;

	fixture_put(
	    &f, "r.conf",
	    replaced(f.arena, small_region, "	plugin consent\n",
	             arena_printf(f.arena, "	plugin consent\n%s", lines)));
	struct config *cfg =
	    config_load_rules(f.arena, fixture_path(&f, "r.conf"), &wrong);

	assert_non_null(cfg);
	policy_evaluate(f.arena, cfg, &p, &a, &c, NULL, &d);
	assert_int_equal(d.verdict, verdict);
	if (reason)
		assert_string_equal(d.reason, reason);
	config_unref(cfg);
	arena_close(f.arena);
}

static void an_offboarded_municipality_is_denied_everywhere(void **state)
{
	(void)state;
	check_offboarding("	offboarding-date 2026-06-30\n", "plain", NOON,
	                  POLICY_DENY, "organisation-migrated");
	check_offboarding("	offboarding-date 2026-06-30\n", "portal", NOON,
	                  POLICY_DENY, "organisation-migrated");
	check_offboarding("	offboarding-date 2026-07-01\n", "plain", NIGHT,
	                  POLICY_ALLOW, NULL);
}

static void only_a_migrated_service_is_denied(void **state)
{
	(void)state;
	check_offboarding("	migrated-service plain\n", "plain", NOON,
	                  POLICY_DENY, "service-migrated");
	check_offboarding("	migrated-service closed strong\n", "plain",
	                  NOON, POLICY_ALLOW, NULL);
	check_offboarding("	migrated-service plain\n", "portal", NOON,
	                  POLICY_ALLOW, NULL);
}

static void a_zero_decision_denies(void **state)
{
	const struct policy_decision d = { 0 };

	(void)state;
	assert_int_equal(d.verdict, POLICY_DENY);
	assert_int_equal((enum portvakt_verdict)0, PORTVAKT_DENY);
}

static void an_explanation_names_file_and_line(void **state)
{
	struct fixture f = fixture_open();
	struct config *cfg = small(&f);
	const struct person p = { .id = "p", .status = STATUS_ACTIVE };
	const struct affiliation a = { .id = "a",
		                       .municipality = "m",
		                       .kind = KIND_TEACHER,
		                       .position = 10,
		                       .status = STATUS_ACTIVE };
	const struct policy_request c = { .service = "plain",
		                          .now = moment(NOON) };
	struct policy_decision d;

	(void)state;
	policy_evaluate(f.arena, cfg, &p, &a, &c, NULL, &d);
	assert_string_equal(
	    policy_explain(f.arena, cfg, &d),
	    "* r.conf:46: teachers may enter plain when position at least 50%: "
	    "does not match: position\n");
	config_unref(cfg);
	arena_close(f.arena);
}

static void a_context_survives_a_json_round_trip(void **state)
{
	struct fixture f = fixture_open();
	struct config *cfg = small(&f);
	char *roles[] = { arena_strdup(f.arena, "health"), NULL };
	const struct person p = { .id = "p", .status = STATUS_ACTIVE };
	const struct affiliation a = { .id = "a",
		                       .municipality = "m",
		                       .kind = KIND_TEACHER,
		                       .position = 0,
		                       .roles = roles,
		                       .until = 4102444800,
		                       .status = STATUS_ACTIVE };
	const struct policy_request c = { .service = "plain",
		                          .address = "10.40.3.4",
		                          .listener = "sikker",
		                          .now = moment(NIGHT) };
	const struct portvakt_context *x =
	    policy_context_create(f.arena, cfg, &p, &a, &c);
	const struct portvakt_context *y = policy_context_from_json(
	    f.arena, js_own(f.arena, policy_context_to_json(x)));

	(void)state;
	assert_string_equal(y->kind, "teacher");
	assert_string_equal(y->roles[0], "health");
	assert_string_equal(y->networks[0], "school");
	assert_string_equal(y->networks[1], "closed");
	assert_null(y->networks[2]);
	assert_int_equal(y->position, 0);
	assert_int_equal(y->valid_until, 4102444800);
	assert_int_equal(y->hour, 23);
	assert_int_equal(y->weekday, 2);
	assert_int_equal(y->year, 2026);
	y = policy_context_from_json(f.arena, js_own(f.arena, json_object()));
	assert_int_equal(y->position, -1);
	assert_string_equal(y->municipality, "");
	assert_null(y->roles[0]);
	config_unref(cfg);
	arena_close(f.arena);
}

TESTS(each_row_gives_the_expected_decision,
      a_plugin_condition_without_a_plugin_host_denies,
      inactive_people_are_denied_before_any_rule,
      an_offboarded_municipality_is_denied_everywhere,
      only_a_migrated_service_is_denied, a_zero_decision_denies,
      an_explanation_names_file_and_line, a_context_survives_a_json_round_trip)

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * policy_language_test.c: not, and, or, when, unless, always and trial: a rule
 * and the decision for each case. */
#include "tests/unit/test.h"

#include "lib/clock.h"
#include "region/policy/policy_effects.h"
#include "tests/unit/region/config/fixture.h"

static const char region_text[] = "region r {\n"
				  "	name R\n"
				  "	login-url https://login.r.example\n"
				  "	contact IKT\n"
				  "	catalogue ldapi://%%2frun%%2fx {\n"
				  "		base dc=r\n"
				  "		reader cn=r secret @r\n"
				  "		writer cn=w secret @r\n"
				  "		admin cn=a secret @r\n"
				  "	}\n"
				  "	session-store unix:/run/x\n"
				  "}\n"
				  "network school 10.40.0.0/16\n"
				  "network closed 10.90.0.0/24\n"
				  "service arkiv { \n"
				  "	name Arkiv\n"
				  "	saml arkiv.xml\n"
				  "	networks closed\n"
				  "	units \"Nord skole\"\n"
				  "}\n"
				  "service elsewhere {\n"
				  "	name Elsewhere\n"
				  "	saml elsewhere.xml\n"
				  "	offered-to other\n"
				  "}\n"
				  "service-group both arkiv portal\n"
				  "%s"
				  "municipality m {\n"
				  "	name M\n"
				  "	organisation-number 942402465\n"
				  "	domain m.example\n"
				  "	contact IKT\n"
				  "	plugin p q\n"
				  "	role on-call\n"
				  "	service-group mine arkiv\n"
				  "	rules {\n"
				  "%s"
				  "	}\n"
				  "}\n"
				  "municipality other {\n"
				  "	name Other\n"
				  "	organisation-number 964963193\n"
				  "	domain other.example\n"
				  "	contact IKT\n"
				  "}\n";

/* Each text is one argument: a fact of the person or the request. */
struct language_case {
	const char *rules; /* lines of rules { } */
	const char *when;  /* local time */
	const char *address;
	const char *role;
	bool second_factor;
	enum portvakt_verdict p, q; /* verdicts of the two plugins */
	enum policy_verdict verdict;
	const char *reason;
};

static struct config *language_region(const struct fixture *f,
                                      const char *statements, const char *rules)
{
	return fixture_rules(
	    f, arena_printf(f->arena, region_text, statements, rules));
}

/* An employee of m in a unit; role NULL: none.  Valid until the next call. */
static struct affiliation language_employee(const char *role)
{
	static char unit[] = "Nord skole";
	static char *units[] = { unit, NULL };
	static char *roles[2];

	roles[0] = (char *)(uintptr_t)role;
	return (struct affiliation){ .id = "a",
		                     .municipality = "m",
		                     .kind = KIND_EMPLOYEE,
		                     .units = units,
		                     .roles = roles,
		                     .position = -1,
		                     .status = STATUS_ACTIVE };
}

static void language_plugins(void *data, const char *host,
                             const struct condition *const *conditions,
                             size_t count, const struct portvakt_context *facts,
                             enum portvakt_verdict *verdicts,
                             const char **identities)
{
	const struct language_case *row = data;

	(void)identities;
	(void)host;
	(void)facts;
	for (size_t i = 0; i < count; i++)
		verdicts[i] =
		    text_equal(conditions[i]->name, "p") ? row->p : row->q;
}

static void language_decide(const struct fixture *f, const struct config *cfg,
                            const struct language_case *row,
                            struct policy_decision *d)
{
	const struct person p = { .id = "p", .status = STATUS_ACTIVE };
	const struct affiliation a = language_employee(row->role);
	struct policy_request c = { .service = "arkiv",
		                    .address = row->address,
		                    .listener = "",
		                    .second_factor = row->second_factor };
	struct language_case own = *row;
	const struct plugin_evaluator hosts = { language_plugins, &own };

	assert_true(clock_parse_local(row->when, false, &c.now));
	policy_evaluate(f->arena, cfg, &p, &a, &c, &hosts, d);
}

#define NOON   "2026-09-16T12:00"
#define NIGHT  "2026-09-16T23:00"
#define IN     "10.40.0.1"
#define OUT    "10.50.0.1"
#define ALLOW  POLICY_ALLOW, NULL
#define DENIED POLICY_DENY
#define STEP   POLICY_STEP_UP, "second-factor"
#define MAY    "employees may enter arkiv "
#define NOT    "employees may enter arkiv\nemployees may not enter arkiv "

/* clang-format off */
static const struct language_case language_cases[] = {
	/* or, and: and binds closer */
	{ MAY "when from school or on wednesday", NOON, OUT, NULL, 0, 0, 0, ALLOW },
	{ MAY "when from school or on tuesday", NOON, IN, NULL, 0, 0, 0, ALLOW },
	{ MAY "when from school or on tuesday", NOON, OUT, NULL, 0, 0, 0, DENIED, "network" },
	{ MAY "when from school and on tuesday or role on-call", NOON, OUT, "on-call", 0, 0, 0, ALLOW },
	{ MAY "when role on-call or from school and on tuesday", NOON, IN, NULL, 0, 0, 0, DENIED, "rule-refuses" },
	/* not */
	{ MAY "when not from school", NOON, OUT, NULL, 0, 0, 0, ALLOW },
	{ MAY "when not from school", NOON, IN, NULL, 0, 0, 0, DENIED, "network" },
	{ MAY "when not role on-call", NOON, IN, "on-call", 0, 0, 0, DENIED, "rule-refuses" },
	/* unless, of a rule that allows and of one that refuses */
	{ MAY "unless from school", NOON, OUT, NULL, 0, 0, 0, ALLOW },
	{ MAY "unless from school", NOON, IN, NULL, 0, 0, 0, DENIED, "network" },
	{ NOT "unless from school", NOON, IN, NULL, 0, 0, 0, ALLOW },
	{ NOT "unless from school", NOON, OUT, NULL, 0, 0, 0, DENIED, "network" },
	{ NOT "when between 22:00-06:00 unless role on-call", NIGHT, OUT, "on-call", 0, 0, 0, ALLOW },
	{ NOT "when between 22:00-06:00 unless role on-call", NIGHT, OUT, NULL, 0, 0, 0, DENIED, "hours" },
	{ NOT "when between 22:00-06:00 unless role on-call", NOON, OUT, NULL, 0, 0, 0, ALLOW },
	{ NOT "unless from school and on tuesday", NOON, IN, NULL, 0, 0, 0, DENIED, "rule-refuses" },
	{ NOT "unless from school or on tuesday", NOON, IN, NULL, 0, 0, 0, ALLOW },
	/* a missing result never allows, with every word */
	{ MAY "when p", NOON, IN, NULL, 0, PORTVAKT_ERROR, 0, DENIED, "plugin-silent" },
	{ MAY "when not p", NOON, IN, NULL, 0, PORTVAKT_ERROR, 0, DENIED, "plugin-silent" },
	{ MAY "unless p", NOON, IN, NULL, 0, PORTVAKT_ERROR, 0, DENIED, "plugin-silent" },
	{ NOT "when p", NOON, IN, NULL, 0, PORTVAKT_ERROR, 0, DENIED, "plugin-silent" },
	{ NOT "unless p", NOON, IN, NULL, 0, PORTVAKT_ERROR, 0, DENIED, "plugin-silent" },
	{ NOT "when not p", NOON, IN, NULL, 0, PORTVAKT_ERROR, 0, DENIED, "plugin-silent" },
	{ NOT "unless not p", NOON, IN, NULL, 0, PORTVAKT_ERROR, 0, DENIED, "plugin-silent" },
	{ MAY "when p or q", NOON, IN, NULL, 0, PORTVAKT_ERROR, PORTVAKT_DENY, DENIED, "plugin-silent" },
	{ MAY "when not p or q", NOON, IN, NULL, 0, PORTVAKT_ERROR, PORTVAKT_DENY, DENIED, "plugin-silent" },
	{ MAY "when p", NOON, IN, NULL, 0, (enum portvakt_verdict)99, 0, DENIED, "plugin-silent" },
	{ MAY "when not p", NOON, IN, NULL, 0, (enum portvakt_verdict)99, 0, DENIED, "plugin-silent" },
	{ MAY "when not p", NOON, IN, NULL, 0, (enum portvakt_verdict)-1, 0, DENIED, "plugin-silent" },
	/* ... and another alternative that is met suffices */
	{ MAY "when p or q", NOON, IN, NULL, 0, PORTVAKT_ERROR, PORTVAKT_PERMIT, ALLOW },
	{ NOT "unless p or from school", NOON, IN, NULL, 0, PORTVAKT_ERROR, 0, ALLOW },
	{ MAY "when p and q", NOON, IN, NULL, 0, PORTVAKT_ERROR, PORTVAKT_DENY, DENIED, "plugin-refuses" },
	/* a second factor */
	{ MAY "when from school or second-factor", NOON, IN, NULL, 0, 0, 0, ALLOW },
	{ MAY "when from school or second-factor", NOON, OUT, NULL, 0, 0, 0, STEP },
	{ MAY "when from school or second-factor", NOON, OUT, NULL, 1, 0, 0, ALLOW },
	{ NOT "unless from school or second-factor", NOON, OUT, NULL, 0, 0, 0, STEP },
	{ NOT "unless from school or second-factor", NOON, OUT, NULL, 1, 0, 0, ALLOW },
	{ NOT "unless p or second-factor", NOON, OUT, NULL, 0, PORTVAKT_ERROR, 0, STEP },
	{ "employees may not enter arkiv unless second-factor", NOON, OUT, NULL, 0, 0, 0, DENIED, "rule-refuses" },
	{ NOT "when second-factor", NOON, OUT, NULL, 0, 0, 0, DENIED, "rule-refuses" },
	/* everybody, groups of services, any */
	{ "everybody may enter both", NOON, OUT, NULL, 0, 0, 0, ALLOW },
	{ "everybody may enter mine", NOON, OUT, NULL, 0, 0, 0, ALLOW },
	{ MAY "\neverybody may not enter any", NOON, OUT, NULL, 0, 0, 0, DENIED, "rule-refuses" },
	{ "pupils may enter arkiv", NOON, OUT, NULL, 0, 0, 0, DENIED, "not-allowed" },
	/* units and networks of the service */
	{ MAY "when unit service-units", NOON, OUT, NULL, 0, 0, 0, ALLOW },
	{ MAY "when unit \"Nord skole\"", NOON, OUT, NULL, 0, 0, 0, ALLOW },
	{ MAY "when unit \"Sør skole\"", NOON, OUT, NULL, 0, 0, 0, DENIED, "unit" },
	{ MAY "when from service-networks", NOON, "10.90.0.9", NULL, 0, 0, 0, ALLOW },
	{ MAY "when from service-networks", NOON, IN, NULL, 0, 0, 0, DENIED, "network" },
	/* dates with a start, and a minute */
	{ MAY "when since 2026-09-16 and until 2026-09-16", NOON, OUT, NULL, 0, 0, 0, ALLOW },
	{ MAY "when since 2026-09-16T12:01", NOON, OUT, NULL, 0, 0, 0, DENIED, "not-yet" },
	{ MAY "when until 2026-09-16T12:01", NOON, OUT, NULL, 0, 0, 0, ALLOW },
	{ MAY "when until 2026-09-16T12:00", NOON, OUT, NULL, 0, 0, 0, DENIED, "expired" },
	{ MAY "when until 2026-09-15", NOON, OUT, NULL, 0, 0, 0, DENIED, "expired" },
	/* always, over may not and over nothing; an unmet one counts for nothing */
	{ NOT "\nrole on-call may always enter arkiv", NOON, OUT, "on-call", 0, 0, 0, ALLOW },
	{ NOT "\nrole on-call may always enter arkiv", NOON, OUT, NULL, 0, 0, 0, DENIED, "rule-refuses" },
	{ "role on-call may always enter arkiv", NOON, OUT, "on-call", 0, 0, 0, ALLOW },
	{ NOT "\nrole on-call may always enter arkiv when p", NOON, OUT, "on-call", 0, PORTVAKT_ERROR, 0, DENIED, "rule-refuses" },
	{ NOT "\ntrial role on-call may always enter arkiv", NOON, OUT, "on-call", 0, 0, 0, DENIED, "rule-refuses" },
	/* a trial changes nothing */
	{ MAY "\ntrial employees may not enter arkiv", NOON, OUT, NULL, 0, 0, 0, ALLOW },
	{ "trial employees may enter arkiv", NOON, OUT, NULL, 0, 0, 0, DENIED, "not-allowed" },
};
/* clang-format on */

static void each_expression_gives_its_decision(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(language_cases); i++) {
		const struct language_case *row = &language_cases[i];
		struct fixture f = fixture_open();
		struct config *cfg = language_region(
		    &f, "", arena_printf(f.arena, "%s\n", row->rules));
		struct policy_decision d;

		language_decide(&f, cfg, row, &d);
		if (d.verdict != row->verdict ||
		    !text_equal(d.reason, row->reason))
			fail_msg("%s: verdict %d, reason %s\n%s", row->rules,
			         d.verdict, d.reason ? d.reason : "none",
			         policy_explain(f.arena, cfg, &d));
		config_unref(cfg);
		arena_close(f.arena);
	}
}

static void an_emergency_is_marked_only_where_it_was_needed(void **state)
{
	static const struct {
		const char *rules;
		bool marked;
	} cases[] = {
		{ NOT "\nrole on-call may always enter arkiv\n", true },
		{ "role on-call may always enter arkiv\n", true },
		{ MAY "\nrole on-call may always enter arkiv\n", false },
	};
	const struct language_case row = { .when = NOON,
		                           .address = OUT,
		                           .role = "on-call" };

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct fixture f = fixture_open();
		struct config *cfg = language_region(&f, "", cases[i].rules);
		struct policy_decision d;

		language_decide(&f, cfg, &row, &d);
		assert_int_equal(d.verdict, POLICY_ALLOW);
		assert_int_equal(d.is_break_glass, cases[i].marked);
		config_unref(cfg);
		arena_close(f.arena);
	}
}

static void a_trial_says_what_it_would_change(void **state)
{
	static const char rules[] =
	    "employees may enter arkiv\n"
	    "trial employees may not enter arkiv when from school\n"
	    "trial employees may not enter arkiv when on tuesday\n"
	    "trial pupils may not enter arkiv\n";
	const struct language_case row = { .when = NOON, .address = IN };
	struct fixture f = fixture_open();
	struct config *cfg = language_region(&f, "", rules);
	struct policy_decision d;

	(void)state;
	language_decide(&f, cfg, &row, &d);
	assert_int_equal(d.verdict, POLICY_ALLOW);
	assert_int_equal(d.result_count, 1);
	assert_int_equal(d.trial_count, 2);
	assert_true(d.trials[0].changes);
	assert_int_equal(d.trials[0].verdict, POLICY_DENY);
	assert_string_equal(d.trials[0].reason, "network");
	assert_false(d.trials[1].changes);
	config_unref(cfg);
	arena_close(f.arena);
}

static void maintenance_closes_a_service_for_everyone(void **state)
{
	static const char statement[] =
	    "maintenance arkiv from 2026-09-16T11:00 until 2026-09-16T13:00 "
	    "nb \"Ny versjon.\" nn \"Ny versjon.\" en \"A new version.\"\n";
	struct language_case row = { .when = NOON, .address = IN };
	struct fixture f = fixture_open();
	struct config *cfg =
	    language_region(&f, statement, "everybody may always enter any\n");
	struct policy_decision d;

	(void)state;
	language_decide(&f, cfg, &row, &d);
	assert_int_equal(d.verdict, POLICY_DENY);
	assert_string_equal(d.reason, "maintenance");
	assert_string_equal(d.maintenance->message_en, "A new version.");
	row.when = "2026-09-16T13:00";
	language_decide(&f, cfg, &row, &d);
	assert_int_equal(d.verdict, POLICY_ALLOW);
	row.when = "2026-09-16T10:59";
	language_decide(&f, cfg, &row, &d);
	assert_int_equal(d.verdict, POLICY_ALLOW);
	config_unref(cfg);
	arena_close(f.arena);
}

/* What is wrong in a rule, and what the error proposes. */
static const struct {
	const char *rules, *error;
} wrong_rules[] = {
	{ "employees may enter arkiv when outside school\n",
	  "no plugin defines the condition \"outside\"; use \"not from "
	  "NETWORK, or not between HH:MM-HH:MM\"" },
	{ "employees may enter arkiv when tuesday\n", "use \"on tuesday\"" },
	{ "employees may enter arkiv when on weekdays\n",
	  "use \"on monday-friday\"" },
	{ "employees may enter arkiv if from school\n", "use \"when\"" },
	{ "employees may enter arkiv when from school except role on-call\n",
	  "there is no network \"except\"; use \"unless\"" },
	{ "everyone may enter arkiv\n", "use \"everybody\"" },
	{ "employees can enter arkiv\n", "use \"may\"" },
	{ "employees may access arkiv\n", "use \"enter\"" },
	{ "employees may enter arkiv when role on-cal\n",
	  "there is no role \"on-cal\" in people { } or role NAME; did you "
	  "mean \"on-call\"?" },
	{ "role helse may enter arkiv\n", "there is no role \"helse\"" },
	{ "employees may enter arkiv when from school or\n",
	  "a condition is missing after \"or\"" },
	{ "employees may enter arkiv when (from school or on monday)\n",
	  "there are no parentheses: write two rules" },
	{ "employees may enter arkiv when not\n",
	  "a condition is missing after \"not\"" },
	{ "employees may enter arkiv unless from school when on tuesday\n",
	  "\"when\" must not stand here" },
	{ "employees may enter elsewhere\n",
	  "the region does not offer \"elsewhere\" to m" },
};

static void a_wrong_rule_gets_the_right_keyword(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(wrong_rules); i++) {
		struct fixture f = fixture_open();
		struct conf_errors wrong;
		bool found = false;

		fixture_put(&f, "r.conf",
		            arena_printf(f.arena, region_text, "",
		                         wrong_rules[i].rules));
		assert_null(config_load_rules(
		    f.arena, fixture_path(&f, "r.conf"), &wrong));
		for (size_t n = 0; n < wrong.count; n++)
			found |= strstr(wrong.at[n].text,
			                wrong_rules[i].error) != NULL;
		if (!found)
			fail_msg("%s: %s", wrong_rules[i].rules,
			         wrong.at[0].text);
		arena_close(f.arena);
	}
}

/* ---- reach */

/* Whether a login lets the person in, in the circumstances of one number. */
static bool is_let_in(const struct fixture *f, const struct config *cfg,
                      const char *role, size_t number)
{
	static const char *const addresses[] = { IN, OUT, "10.90.0.1" };
	static const char *const times[] = { NOON, NIGHT, "2026-09-15T12:00",
		                             "2026-09-15T23:00" };
	static const enum portvakt_verdict verdicts[] = { PORTVAKT_PERMIT,
		                                          PORTVAKT_DENY,
		                                          PORTVAKT_ERROR };
	struct language_case row = { .role = role };
	struct policy_decision d;

	row.address = addresses[number % 3];
	row.when = times[number / 3 % 4];
	row.second_factor = number / 12 % 2;
	row.p = verdicts[number / 24 % 3];
	row.q = verdicts[number / 72 % 3];
	language_decide(f, cfg, &row, &d);
	return d.verdict == POLICY_ALLOW;
}

enum { CIRCUMSTANCES = 3 * 4 * 2 * 3 * 3 };

/* Dates count as of now, and the circumstances are of two days. */
static bool has_a_date(const char *rules)
{
	return strstr(rules, "since") || strstr(rules, "until");
}

/* What the reach states holds in each circumstance of a login. */
static void check_reach(const struct fixture *f, const struct config *cfg,
                        const char *rules, const char *role)
{
	const struct affiliation a = language_employee(role);
	int64_t now;

	assert_true(clock_parse_local(NOON, false, &now));
	enum policy_reach reach = policy_reach(f->arena, cfg, &a, "arkiv", now);

	for (size_t i = 0; i < CIRCUMSTANCES; i++) {
		bool in = is_let_in(f, cfg, role, i);

		if ((reach == REACH_NEVER && in) ||
		    (reach == REACH_ALWAYS && !in))
			fail_msg("%s: %s, but %d in circumstance %zu", rules,
			         policy_reach_name(reach), in, i);
	}
}

static void the_reach_holds_in_all_circumstances(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(language_cases); i++) {
		const char *rules = language_cases[i].rules;

		if (has_a_date(rules))
			continue;
		struct fixture f = fixture_open();
		struct config *cfg = language_region(
		    &f, "", arena_printf(f.arena, "%s\n", rules));

		check_reach(&f, cfg, rules, NULL);
		check_reach(&f, cfg, rules, "on-call");
		config_unref(cfg);
		arena_close(f.arena);
	}
}

static void add_employees(struct policy_effects *e, const char *role,
                          size_t count)
{
	const struct affiliation a = language_employee(role);

	while (count-- > 0)
		policy_effects_add(e, &a, NULL, NULL);
}

static void effects_are_counted_by_service_and_type(void **state)
{
	struct fixture f = fixture_open();
	struct config *before = language_region(
	    &f, "",
	    "employees may enter arkiv\nrole on-call may enter portal\n");
	struct config *after =
	    language_region(&f, "",
	                    "employees may enter arkiv when from school\n"
	                    "employees may enter portal unless role on-call\n");
	struct policy_effects *e =
	    policy_effects_open(f.arena, before, after, 1789000000);
	size_t count;

	(void)state;
	add_employees(e, NULL, 7);
	add_employees(e, "on-call", 2);
	const struct policy_effect *list = policy_effects_list(e, &count);

	assert_int_equal(count, 2);
	assert_string_equal(list[0].service, "arkiv");
	assert_int_equal(list[0].narrowed, 9);
	assert_int_equal(list[0].total, 9);
	assert_string_equal(list[1].service, "portal");
	assert_int_equal(list[1].gained, 7);
	assert_int_equal(list[1].lost, 2);
	policy_effects_close(e);
	config_unref(before);
	config_unref(after);
	arena_close(f.arena);
}

TESTS(each_expression_gives_its_decision,
      an_emergency_is_marked_only_where_it_was_needed,
      a_trial_says_what_it_would_change,
      maintenance_closes_a_service_for_everyone,
      a_wrong_rule_gets_the_right_keyword, the_reach_holds_in_all_circumstances,
      effects_are_counted_by_service_and_type)

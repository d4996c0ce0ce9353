/* SPDX-License-Identifier: AGPL-3.0-or-later
 * test_policy.c: `test-policy` checks policies against test cases with invented
 *people. A test case is
 *
 *	NAME FACT ... enters SERVICE [CIRCUMSTANCE ...] RESULT
 *
 * with the facts and circumstances of the tables below. It needs no running
 * process: a plugin whose result the test case does not state is loaded in the
 * sandbox and asked. */
#include <stdio.h>
#include <string.h>

#include "ctl/ask_plugin.h"
#include "ctl/ctl.h"
#include "lib/clock.h"
#include "lib/conf/conf_syntax.h"
#include "lib/strbuf.h"
#include "lib/vector.h"
#include "region/policy/policy_evaluate.h"

/* One test case being parsed. */
struct policy_test {
	struct arena *arena;
	const struct config *cfg;
	const struct conf_statement *statement;
	size_t at;
	struct person person;
	struct affiliation affiliation;
	struct policy_request circumstance;
	VECTOR(char *) roles;
	VECTOR(char *) units;
	VECTOR(const char *) permitting; /* plugin conditions that permit */
	VECTOR(const char *) denying;    /* those that deny */
	VECTOR(const char *) failing;    /* and those that return an error */
	struct plugin_asker *asker;      /* for all others */
	bool is_unanswered;              /* one could not be asked */
	enum policy_verdict expected;
	const char *expected_reason; /* NULL: any */
	struct conf_errors *errors;
	struct policy_coverage *coverage;
};

/* Which rules of a municipality have decided a test case. */
struct policy_coverage {
	const struct municipality *municipality;
	bool *covered; /* one for each of its rules */
};

static const char *test_policy_next_arg(const struct policy_test *test)
{
	return conf_syntax_arg(test->statement, test->at);
}

static bool test_policy_error(struct policy_test *test, const char *what)
{
	conf_error_add(test->errors, test->statement, test->at, "%s", what);
	return false;
}

/* ---- facts and circumstances: a keyword and its value */

static bool test_policy_read_municipality(struct policy_test *test,
                                          const char *value)
{
	if (!config_municipality(test->cfg, value))
		return test_policy_error(test, "unknown municipality");
	test->affiliation.municipality = value;
	return true;
}

static bool test_policy_read_role(struct policy_test *test, const char *value)
{
	*vector_append(test->arena, &test->roles) =
	    arena_strdup(test->arena, value);
	return true;
}

static bool test_policy_read_unit(struct policy_test *test, const char *value)
{
	*vector_append(test->arena, &test->units) =
	    arena_strdup(test->arena, value);
	return true;
}

static bool test_policy_read_position(struct policy_test *test,
                                      const char *value)
{
	size_t digits = strspn(value, "0123456789");
	long long position;

	if (!text_equal(value + digits, "%") ||
	    !text_to_number(arena_memdup(test->arena, value, digits), 0, 100,
	                    &position))
		return test_policy_error(
		    test, "position must be a percentage such as 20%");
	test->affiliation.position = (int)position;
	return true;
}

static bool test_policy_read_permitting(struct policy_test *test,
                                        const char *value)
{
	*vector_append(test->arena, &test->permitting) = value;
	return true;
}

static bool test_policy_read_denying(struct policy_test *test,
                                     const char *value)
{
	*vector_append(test->arena, &test->denying) = value;
	return true;
}

static bool test_policy_read_failing(struct policy_test *test,
                                     const char *value)
{
	*vector_append(test->arena, &test->failing) = value;
	return true;
}

static bool test_policy_read_network(struct policy_test *test,
                                     const char *value)
{
	const struct network *n = config_network_for(
	    test->cfg,
	    config_municipality(test->cfg, test->affiliation.municipality),
	    value);

	if (!n)
		return test_policy_error(test, "unknown network");
	test->circumstance.address = network_first_address(test->arena, n);
	test->circumstance.listener = n->listener;
	return true;
}

static bool test_policy_parse_time(struct policy_test *test, const char *value,
                                   bool end, int64_t *ret)
{
	return clock_parse_local(value, end, ret) ||
	       test_policy_error(test, "time must be local time such as "
	                               "2026-11-21T23:05, or a date");
}

static bool test_policy_read_time(struct policy_test *test, const char *value)
{
	return test_policy_parse_time(test, value, false,
	                              &test->circumstance.now);
}

static bool test_policy_read_own_from(struct policy_test *test,
                                      const char *value)
{
	return test_policy_parse_time(test, value, false,
	                              &test->affiliation.from);
}

static bool test_policy_read_own_until(struct policy_test *test,
                                       const char *value)
{
	return test_policy_parse_time(test, value, true,
	                              &test->affiliation.until);
}

static bool test_policy_read_with(struct policy_test *test, const char *value)
{
	bool second_factor = text_equal(value, "second-factor");
	bool trials = text_equal(value, "trials");

	test->circumstance.second_factor |= second_factor;
	test->circumstance.obeys_trials |= trials;
	return second_factor || trials ||
	       test_policy_error(test,
	                         "the values are second-factor and trials");
}

static const struct {
	const char *keyword;
	bool (*read)(struct policy_test *test, const char *value);
	bool is_circumstance;
} test_policy_facts[] = {
	{ "in", test_policy_read_municipality, false },
	{ "role", test_policy_read_role, false },
	{ "unit", test_policy_read_unit, false },
	{ "position", test_policy_read_position, false },
	{ "own-from", test_policy_read_own_from, false },
	{ "own-until", test_policy_read_own_until, false },
	{ "given", test_policy_read_permitting, false },
	{ "denied", test_policy_read_denying, false },
	{ "silent", test_policy_read_failing, false },
	{ "from", test_policy_read_network, true },
	{ "at", test_policy_read_time, true },
	{ "with", test_policy_read_with, true },
};

/* Parses one fact or circumstance; returns false, without advancing, if the
 * next argument is none. */
static bool test_policy_read_fact(struct policy_test *test,
                                  bool is_circumstance, bool *ret_good)
{
	for (size_t i = 0; i < LENGTH(test_policy_facts); i++) {
		if (test_policy_facts[i].is_circumstance != is_circumstance ||
		    !text_equal(test_policy_facts[i].keyword,
		                test_policy_next_arg(test)))
			continue;
		test->at++;
		*ret_good = test_policy_next_arg(test)
		                ? test_policy_facts[i].read(
				      test, test_policy_next_arg(test))
		                : test_policy_error(test, "value is missing");
		test->at++;
		return true;
	}
	return false;
}

static bool test_policy_read_facts(struct policy_test *test,
                                   bool is_circumstance)
{
	bool good = true;

	while (good && test_policy_read_fact(test, is_circumstance, &good))
		continue;
	return good;
}

/* ---- the test case */

static bool test_policy_read_subject(struct policy_test *test)
{
	test->at = 1; /* the name is free text */
	test->affiliation.kind =
	    affiliation_type_from_name(test_policy_next_arg(test));
	if (test->affiliation.kind == KIND_NONE)
		return test_policy_error(
		    test, "expected a kind: employee, teacher, pupil, "
			  "politician, guest or vendor");
	test->at++;
	if (!test_policy_read_facts(test, false))
		return false;
	if (!text_equal(test_policy_next_arg(test), "enters"))
		return test_policy_error(test, "expected \"enters\"");
	test->at++;
	test->circumstance.service = test_policy_next_arg(test);
	if (!test_policy_next_arg(test))
		return test_policy_error(test, "service is missing");
	test->at++;
	return true;
}

static bool test_policy_is_reason(const char *text)
{
	static const char *const reasons[] = {
#define REASON(code, status) code,
#include "region/config/reasons.def"
#undef REASON
	};

	for (size_t i = 0; i < LENGTH(reasons); i++)
		if (text_equal(reasons[i], text))
			return true;
	return false;
}

static bool test_policy_read_expected(struct policy_test *test)
{
	const char *result = test_policy_next_arg(test),
		   *next = conf_syntax_arg(test->statement, test->at + 1);
	size_t arg_count = 1;

	if (text_equal(result, "allowed")) {
		test->expected = POLICY_ALLOW;
	} else if (text_equal(result, "refused")) {
		if (next && !test_policy_is_reason(next))
			return test_policy_error(test,
			                         "refused expects a reason of "
			                         "portvakt.conf(5)");
		test->expected_reason = next;
		arg_count += next != NULL;
	} else if (text_equal(result, "needs") &&
	           text_equal(next, "second-factor")) {
		test->expected = POLICY_STEP_UP;
		arg_count++;
	} else {
		return test_policy_error(
		    test, "expected a result: allowed, refused [REASON] or "
			  "needs second-factor");
	}
	test->at += arg_count;
	return !test_policy_next_arg(test) ||
	       test_policy_error(test, "unexpected argument");
}

/* "policies/notodden.tries": the default municipality is notodden. */
static const char *test_policy_default_municipality(struct arena *a,
                                                    const char *file)
{
	const char *slash = strrchr(file, '/');
	const char *name = slash ? slash + 1 : file;

	return arena_memdup(a, name, strcspn(name, "."));
}

static bool test_policy_read_case(struct policy_test *test)
{
	test->person = (struct person){ .id = test->statement->args[0],
		                        .status = STATUS_ACTIVE };
	test->affiliation = (struct affiliation){
		.id = test->statement->args[0],
		.municipality = test_policy_default_municipality(
		    test->arena, test->statement->file),
		.position = -1,
		.status = STATUS_ACTIVE,
	};
	test->circumstance =
	    (struct policy_request){ .address = "", .listener = "" };
	/* Default time: a Wednesday at noon. */
	(void)test_policy_read_time(test, "2026-09-16T12:00");
	if (!test_policy_read_subject(test) ||
	    !test_policy_read_facts(test, true) ||
	    !test_policy_read_expected(test))
		return false;
	*vector_append(test->arena, &test->roles) = NULL;
	*vector_append(test->arena, &test->units) = NULL;
	test->affiliation.roles = test->roles.at;
	test->affiliation.units = test->units.at;
	return true;
}

/* ---- evaluation */

static bool test_policy_is_listed(const char *const *list, size_t count,
                                  const char *condition)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(list[i], condition))
			return true;
	return false;
}

/* Without an answer the condition has no result, and the test case fails. */
static enum portvakt_verdict test_policy_ask(
    struct policy_test *test, const char *owner, const struct condition *c,
    const struct portvakt_context *facts)
{
	enum portvakt_verdict verdict;
	struct error err = { 0 };

	if (plugin_asker_ask(test->asker, owner, c, facts, &verdict, &err))
		return verdict;
	if (!test->is_unanswered)
		conf_error_add(test->errors, test->statement, 0,
		               "%s cannot be asked: %s; `given`, `denied` and "
		               "`silent` state its result without the plugin",
		               c->name, err.text);
	test->is_unanswered = true;
	return PORTVAKT_ERROR;
}

static void test_policy_evaluate_plugin(
    void *data, const char *judge, const struct condition *const *conditions,
    size_t count, const struct portvakt_context *facts,
    enum portvakt_verdict *verdicts, const char **identities)
{
	struct policy_test *test = data;
	const struct {
		const char *const *names;
		size_t count;
		enum portvakt_verdict verdict;
	} stated[] = {
		{ test->failing.at, test->failing.count, PORTVAKT_ERROR },
		{ test->denying.at, test->denying.count, PORTVAKT_DENY },
		{ test->permitting.at, test->permitting.count,
		  PORTVAKT_PERMIT },
	};

	(void)identities;
	for (size_t i = 0; i < count; i++) {
		size_t k = 0;

		while (k < LENGTH(stated) &&
		       !test_policy_is_listed(stated[k].names, stated[k].count,
		                              conditions[i]->name))
			k++;
		verdicts[i] =
		    k < LENGTH(stated)
			? stated[k].verdict
			: test_policy_ask(test, judge, conditions[i], facts);
	}
}

static const char *test_policy_result_text(struct arena *a,
                                           enum policy_verdict v,
                                           const char *reason)
{
	static const char *const names[] = {
		[POLICY_DENY] = "refused",
		[POLICY_STEP_UP] = "needs second-factor",
		[POLICY_ALLOW] = "allowed",
	};

	if (v != POLICY_DENY || !reason)
		return names[v];
	return arena_printf(a, "refused %s", reason);
}

static void test_policy_cover(struct policy_coverage *c,
                              const struct policy_rule *rule)
{
	const struct municipality *m = c->municipality;

	if (m && rule >= m->rules && rule < m->rules + m->rule_count)
		c->covered[rule - m->rules] = true;
}

/* A rule that decides is covered, and a trial rule that is evaluated. */
static void test_policy_cover_decision(struct policy_test *test,
                                       const struct policy_decision *d)
{
	for (size_t i = 0; i < d->result_count; i++)
		if (d->results[i].is_deciding)
			test_policy_cover(test->coverage, d->results[i].rule);
	for (size_t i = 0; i < d->trial_count; i++)
		test_policy_cover(test->coverage, d->trials[i].rule);
}

/* Returns whether the policy's result is the expected one; prints a failure. */
static bool test_policy_case_passes(struct policy_test *test)
{
	const struct plugin_evaluator judges = {
		.evaluate = test_policy_evaluate_plugin, .context = test
	};
	struct policy_decision d;

	policy_evaluate(test->arena, test->cfg, &test->person,
	                &test->affiliation, &test->circumstance, &judges, &d);
	test_policy_cover_decision(test, &d);
	if (test->is_unanswered)
		return false;
	if (d.verdict == test->expected &&
	    (!test->expected_reason ||
	     text_equal(test->expected_reason, d.reason)))
		return true;
	printf("%s:%u: %s: expected %s, got %s\n%s", test->statement->file,
	       test->statement->line, test->statement->args[0],
	       test_policy_result_text(test->arena, test->expected,
	                               test->expected_reason),
	       test_policy_result_text(test->arena, d.verdict, d.reason),
	       policy_explain(test->arena, test->cfg, &d));
	return false;
}

struct policy_test_counts {
	size_t passed, failed;
};

static void test_policy_run_cases(const struct command *c,
                                  const struct config *cfg,
                                  struct plugin_asker *asker,
                                  const struct conf_block *top,
                                  struct conf_errors *errors,
                                  struct policy_coverage *coverage,
                                  struct policy_test_counts *tally)
{
	for (size_t i = 0; i < top->count; i++) {
		struct policy_test test = { .arena = c->arena,
			                    .cfg = cfg,
			                    .statement = &top->statements[i],
			                    .errors = errors,
			                    .asker = asker,
			                    .coverage = coverage };

		if (test_policy_read_case(&test) &&
		    test_policy_case_passes(&test))
			tally->passed++;
		else
			tally->failed++;
	}
}

static void test_policy_print_errors(const struct command *c,
                                     struct conf_errors *errors)
{
	conf_errors_sort(errors);
	for (size_t i = 0; i < errors->count; i++)
		printf("%s\n", conf_error_format(c->arena, &errors->at[i]));
}

static void test_policy_print_uncovered(const struct policy_coverage *coverage)
{
	const struct municipality *m = coverage->municipality;

	for (size_t i = 0; m && i < m->rule_count; i++)
		if (!coverage->covered[i])
			printf("note: %s:%d: no test case is decided by this "
			       "rule: %s\n",
			       m->rules[i].location.file,
			       m->rules[i].location.line, m->rules[i].text);
}

bool ctl_run_policy_tests(const struct command *c, const struct config *cfg,
                          const char *file, bool notes)
{
	const struct municipality *m = config_municipality(
	    cfg, test_policy_default_municipality(c->arena, file));
	struct conf_errors errors = { .arena = c->arena };
	struct conf_block top = { 0 };
	struct policy_test_counts tally = { 0, 0 };
	struct policy_coverage coverage = {
		.municipality = m,
		.covered = arena_array(c->arena, bool, m ? m->rule_count : 0)
	};

	struct plugin_asker *asker = plugin_asker_open(c, cfg->source);

	if (conf_syntax_parse_file(c->arena, file, &top, &errors))
		test_policy_run_cases(c, cfg, asker, &top, &errors, &coverage,
		                      &tally);
	plugin_asker_close(asker);
	test_policy_print_errors(c, &errors);
	printf("%s: %zu passed, %zu failed\n", file, tally.passed,
	       tally.failed);
	if (notes)
		test_policy_print_uncovered(&coverage);
	return tally.failed == 0 && errors.count == 0;
}

int command_test_policy(const struct command *c)
{
	struct conf_errors errors;
	struct config *cfg = config_load_rules(c->arena, c->conf, &errors);
	bool good = cfg != NULL;

	if (!cfg)
		test_policy_print_errors(c, &errors);
	for (int i = 1; cfg && i < c->argc; i++)
		good = ctl_run_policy_tests(c, cfg, c->argv[i], true) && good;
	config_unref(cfg);
	return good ? 0 : 1;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/test.h"

#include "lib/compiler.h"
#include "lib/strbuf.h"
#include "region/config/policy_parse.h"

enum { MOST = 5 };

static size_t count_of(const char *const *arguments)
{
	size_t count = 0;

	while (arguments[count])
		count++;
	return count;
}

static const struct {
	const char *condition;
	const char *arguments[MOST];
	size_t bad;
} argument_cases[] = {
	{ "between", { "22:00-06:00" }, 0 },
	{ "between", { "00:00-24:00" }, 0 },
	{ "between", { NULL }, 1 },
	{ "between", { "22-06" }, 1 },
	{ "between", { "22:00-06:0" }, 1 },
	{ "between", { "25:00-06:00" }, 1 },
	{ "between", { "24:01-06:00" }, 1 },
	{ "between", { "22:60-06:00" }, 1 },
	{ "between", { "07:00-07:00" }, 1 },
	{ "between", { "-1:00-07:00" }, 1 },
	{ "between", { "22:00-06:00", "and" }, 2 },
	{ "position", { "at", "least", "20%" }, 0 },
	{ "position", { "at", "least", "100%" }, 0 },
	{ "position", { "at", "least", "101%" }, 3 },
	{ "position", { "at", "least", "20" }, 3 },
	{ "position", { "at", "least", "-1%" }, 3 },
	{ "position", { "at", "most", "20%" }, 2 },
	{ "position", { NULL }, 1 },
	{ "position", { "at", "least" }, 3 },
	{ "position", { "at", "least", "20%", "x" }, 4 },
	{ "until", { "2027-06-30" }, 0 },
	{ "until", { "2028-02-29" }, 0 },
	{ "until", { "2027-02-29" }, 1 },
	{ "until", { "2027-6-30" }, 1 },
	{ "until", { "2027-13-01" }, 1 },
	{ "until", { "2027-06-30x" }, 1 },
	{ "until", { NULL }, 1 },
	{ "from", { NULL }, 1 },
	{ "from", { "school", "closed" }, 0 },
};

static void arguments_are_validated_strictly(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(argument_cases); i++) {
		const struct portvakt_condition *w =
		    policy_builtin_condition(argument_cases[i].condition);
		const char *why = NULL;
		size_t bad = w->validate(count_of(argument_cases[i].arguments),
		                         argument_cases[i].arguments, &why);

		if (bad != argument_cases[i].bad)
			fail_msg("row %zu: %zu", i, bad);
		assert_non_null(why);
	}
}

static const struct {
	const char *condition;
	const char *arguments[MOST];
	struct portvakt_context facts;
	enum portvakt_verdict verdict;
} evaluation_cases[] = {
	{ "between", { "22:00-06:00" }, { .hour = 22 }, PORTVAKT_PERMIT },
	{ "between",
	  { "22:00-06:00" },
	  { .hour = 5, .minute = 59 },
	  PORTVAKT_PERMIT },
	{ "between", { "22:00-06:00" }, { .hour = 6 }, PORTVAKT_DENY },
	{ "between",
	  { "22:00-06:00" },
	  { .hour = 21, .minute = 59 },
	  PORTVAKT_DENY },
	{ "between", { "08:00-16:00" }, { .hour = 8 }, PORTVAKT_PERMIT },
	{ "between", { "08:00-16:00" }, { .hour = 16 }, PORTVAKT_DENY },
	{ "between",
	  { "08:00-16:00" },
	  { .hour = 7, .minute = 59 },
	  PORTVAKT_DENY },
	{ "between",
	  { "08:00-24:00" },
	  { .hour = 23, .minute = 59 },
	  PORTVAKT_PERMIT },
	{ "position",
	  { "at", "least", "20%" },
	  { .position = 20 },
	  PORTVAKT_PERMIT },
	{ "position",
	  { "at", "least", "20%" },
	  { .position = 19 },
	  PORTVAKT_DENY },
	{ "position",
	  { "at", "least", "0%" },
	  { .position = -1 },
	  PORTVAKT_DENY },
	{ "until",
	  { "2027-06-30" },
	  { .year = 2027, .month = 6, .day = 30 },
	  PORTVAKT_PERMIT },
	{ "until",
	  { "2027-06-30" },
	  { .year = 2027, .month = 7, .day = 1 },
	  PORTVAKT_DENY },
	{ "until",
	  { "2027-06-30" },
	  { .year = 2026, .month = 12, .day = 31 },
	  PORTVAKT_PERMIT },
	{ "until",
	  { "2027-06-30" },
	  { .year = 2028, .month = 1, .day = 1 },
	  PORTVAKT_DENY },
	{ "until",
	  { "2027-06-30" },
	  { .year = 2027, .month = 5, .day = 31 },
	  PORTVAKT_PERMIT },
	{ "second-factor",
	  { NULL },
	  { .has_second_factor = 0 },
	  PORTVAKT_STEP_UP },
	{ "second-factor",
	  { NULL },
	  { .has_second_factor = 1 },
	  PORTVAKT_PERMIT },
};

static void conditions_evaluate_at_their_boundaries(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(evaluation_cases); i++) {
		const struct portvakt_condition *w =
		    policy_builtin_condition(evaluation_cases[i].condition);
		enum portvakt_verdict v = w->evaluate(
		    count_of(evaluation_cases[i].arguments),
		    evaluation_cases[i].arguments, &evaluation_cases[i].facts);

		if (v != evaluation_cases[i].verdict)
			fail_msg("row %zu: %d", i, (int)v);
	}
}

static void every_condition_has_a_description_and_one_owner(void **state)
{
	const struct portvakt_condition *w;

	(void)state;
	for (size_t i = 0; (w = policy_builtin_condition_at(i)); i++) {
		assert_true(text_ends(w->description, "."));
		assert_ptr_equal(policy_builtin_condition(w->name), w);
	}
	assert_null(policy_builtin_condition("consent"));
	assert_null(policy_builtin_condition(""));
}

TESTS(arguments_are_validated_strictly, conditions_evaluate_at_their_boundaries,
      every_condition_has_a_description_and_one_owner)

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * policy_expression.c: combines the verdicts of conditions. */
#include "region/policy/policy_expression.h"

static const struct {
	enum portvakt_verdict verdict;
	bool ends_with_step_up;
} by_rank[] = {
	{ PORTVAKT_PERMIT, false },  { PORTVAKT_PERMIT, true },
	{ PORTVAKT_STEP_UP, false }, { PORTVAKT_ERROR, false },
	{ PORTVAKT_DENY, false },
};

enum { RANK_ERROR = 3, RANK_HIGHEST = LENGTH(by_rank) - 1 };

int policy_expression_rank(const struct expression_value *v)
{
	for (int i = 0; i <= RANK_HIGHEST; i++)
		if (by_rank[i].verdict == v->verdict &&
		    by_rank[i].ends_with_step_up == v->ends_with_step_up)
			return i;
	return RANK_ERROR;
}

static struct expression_value value_of_rank(int rank,
                                             const struct condition *c)
{
	return (struct expression_value){ by_rank[rank].verdict,
		                          by_rank[rank].ends_with_step_up, c };
}

/* `not`: met and not met change places, with and without a second factor; a
 * missing result stays missing. */
static struct expression_value value_negate(struct expression_value v)
{
	int rank = policy_expression_rank(&v);

	if (rank == RANK_ERROR)
		return v;
	static const int negated[] = { RANK_HIGHEST, 2, 1, RANK_ERROR, 0 };

	return value_of_rank(negated[rank], v.condition);
}

static struct expression_value value_of_condition(const struct condition *c,
                                                  enum portvakt_verdict v)
{
	struct expression_value value = {
		(unsigned)v <= PORTVAKT_ERROR ? v : PORTVAKT_ERROR, false, c
	};

	return c->is_negated ? value_negate(value) : value;
}

/* Returns the value of one alternative of `when` or `unless`: the highest rank
 * of its conditions. *ret_exists is false if it has none. */
static struct expression_value value_of_alternative(
    const struct policy_rule *rule, const enum portvakt_verdict *verdicts,
    bool is_exception, size_t alternative, bool *ret_exists)
{
	struct expression_value highest = { .verdict = PORTVAKT_PERMIT };

	*ret_exists = false;
	for (size_t i = 0; i < rule->condition_count; i++) {
		const struct condition *c = &rule->conditions[i];

		if (c->is_exception != is_exception ||
		    c->alternative != alternative)
			continue;
		struct expression_value v = value_of_condition(c, verdicts[i]);

		if (!*ret_exists || policy_expression_rank(&v) >
		                        policy_expression_rank(&highest))
			highest = v;
		*ret_exists = true;
	}
	return highest;
}

/* Returns the value of `when` or `unless`: the lowest rank of its alternatives.
 * *ret_exists is false if the rule has none. */
static struct expression_value value_of_clause(
    const struct policy_rule *rule, const enum portvakt_verdict *verdicts,
    bool is_exception, bool *ret_exists)
{
	struct expression_value lowest = { .verdict = PORTVAKT_PERMIT };
	bool more = true;

	*ret_exists = false;
	for (size_t i = 0; more; i++) {
		struct expression_value v = value_of_alternative(
		    rule, verdicts, is_exception, i, &more);

		if (!more)
			break;
		if (!*ret_exists || policy_expression_rank(&v) <
		                        policy_expression_rank(&lowest))
			lowest = v;
		*ret_exists = true;
	}
	return lowest;
}

struct expression_value policy_expression_evaluate(
    const struct policy_rule *rule, const enum portvakt_verdict *verdicts)
{
	bool has_when, has_exception;
	struct expression_value when =
	    value_of_clause(rule, verdicts, false, &has_when);
	struct expression_value except =
	    value_of_clause(rule, verdicts, true, &has_exception);

	if (!has_exception)
		return when;
	except = value_negate(except);
	if (!has_when)
		return except;
	return policy_expression_rank(&except) > policy_expression_rank(&when)
	           ? except
	           : when;
}

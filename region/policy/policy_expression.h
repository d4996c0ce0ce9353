/* SPDX-License-Identifier: AGPL-3.0-or-later
 * policy_expression.h: the value of a rule's conditions, joined by not, and,
 * or, when and unless.
 *
 * A condition can be met, not met, met after a second factor, or without a
 * result. `not` keeps a missing result missing, so that it never allows. */
#ifndef REGION_POLICY_POLICY_EXPRESSION_H
#define REGION_POLICY_POLICY_EXPRESSION_H

#include "region/config/policy_parse.h"

struct expression_value {
	/* PERMIT: met. DENY: not met. STEP_UP: met after a second factor.
	 * ERROR: a result is missing. */
	enum portvakt_verdict verdict;
	/* With PERMIT: not met after a second factor. */
	bool ends_with_step_up;
	/* The first condition with this value; NULL: there is none. */
	const struct condition *condition;
};

/* Returns the value of the rule's conditions; verdicts has one of each, in
 * their order, and an undefined one counts as ERROR. */
struct expression_value policy_expression_evaluate(
    const struct policy_rule *rule, const enum portvakt_verdict *verdicts);

/* Returns a number from 0, met, to the highest, not met: `and` has the highest
 * of its terms, `or` the lowest. */
int policy_expression_rank(const struct expression_value *v);

#endif

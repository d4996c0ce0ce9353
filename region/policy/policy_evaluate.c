/* SPDX-License-Identifier: AGPL-3.0-or-later
 * policy_evaluate.c: policy evaluation.  First every applicable rule is
 * evaluated, then the results are combined: deny rules, allow rules,
 * requirements of the service.  The zero value is deny, and an unknown result
 * never allows. */
#include "region/policy/policy_evaluate.h"

#include <string.h>

#include "lib/strbuf.h"
#include "lib/vector.h"
#include "region/policy/policy_context.h"

/* One applicable rule with a verdict for each of its conditions. */
struct rule_eval {
	const struct policy_rule *rule;
	enum portvakt_verdict *verdicts;
	bool is_requirement;
};

struct policy_evaluation {
	struct arena *arena;
	const struct config *cfg;
	const struct municipality *municipality;
	const struct service *service; /* NULL: the portal */
	const struct affiliation *affiliation;
	const struct portvakt_context *facts;
	const struct plugin_evaluator *evaluator;
	VECTOR(struct rule_eval) rules;
	struct policy_decision *decision;
};

/* ---- applicable rules */

static bool policy_list_contains(char **list, const char *text)
{
	for (; list && *list; list++)
		if (text_equal(*list, text))
			return true;
	return false;
}

static bool rule_applies(const struct policy_rule *c,
                         const struct affiliation *f, const char *service)
{
	if (!policy_list_contains(c->services, service) &&
	    !policy_list_contains(c->services, "any"))
		return false;
	if (c->role)
		return policy_list_contains(f->roles, c->role);
	return c->kind != KIND_NONE && c->kind == f->kind;
}

static void collect_rule(struct policy_evaluation *d,
                         const struct policy_rule *c, bool is_requirement)
{
	*vector_append(d->arena, &d->rules) = (struct rule_eval){
		.rule = c,
		.is_requirement = is_requirement,
		.verdicts = arena_array(d->arena, enum portvakt_verdict,
		                        c->condition_count),
	};
}

static void collect_rules(struct policy_evaluation *d)
{
	const struct municipality *m = d->municipality;

	for (size_t i = 0; i < m->rule_count; i++)
		if (rule_applies(&m->rules[i], d->affiliation,
		                 d->facts->service))
			collect_rule(d, &m->rules[i], false);
	for (size_t i = 0; d->service && i < d->service->requirement_count; i++)
		collect_rule(d, &d->service->requirements[i], true);
}

/* ---- conditions */

static enum portvakt_verdict evaluate_builtin_condition(
    const struct condition *c, const struct portvakt_context *facts)
{
	return c->built_in->evaluate(c->count,
	                             (const char *const *)c->arguments, facts);
}

/* Evaluates all conditions of one plugin host in a single request. */
static void evaluate_on_plugin_host(struct policy_evaluation *d,
                                    const char *plugin_host)
{
	VECTOR(const struct condition *) conditions = { 0 };
	VECTOR(enum portvakt_verdict *) targets = { 0 };

	for (size_t i = 0; i < d->rules.count; i++) {
		const struct rule_eval *one = &d->rules.at[i];

		for (size_t n = 0; n < one->rule->condition_count; n++) {
			const struct condition *c = &one->rule->conditions[n];

			if (c->built_in ||
			    !text_equal(c->plugin_host, plugin_host))
				continue;
			*vector_append(d->arena, &conditions) = c;
			*vector_append(d->arena, &targets) = &one->verdicts[n];
		}
	}
	if (conditions.count == 0)
		return;
	enum portvakt_verdict *verdicts =
	    arena_array(d->arena, enum portvakt_verdict, conditions.count);

	for (size_t i = 0; i < conditions.count; i++)
		verdicts[i] = PORTVAKT_ERROR;
	if (d->evaluator)
		d->evaluator->evaluate(d->evaluator->context, plugin_host,
		                       conditions.at, conditions.count,
		                       d->facts, verdicts);
	for (size_t i = 0; i < conditions.count; i++)
		*targets.at[i] = verdicts[i];
}

static void evaluate_conditions(struct policy_evaluation *d)
{
	for (size_t i = 0; i < d->rules.count; i++) {
		const struct rule_eval *one = &d->rules.at[i];

		for (size_t n = 0; n < one->rule->condition_count; n++) {
			const struct condition *c = &one->rule->conditions[n];

			one->verdicts[n] =
			    c->built_in
				? evaluate_builtin_condition(c, d->facts)
				: PORTVAKT_ERROR;
		}
	}
	evaluate_on_plugin_host(d, d->municipality->name);
	evaluate_on_plugin_host(d, "region");
}

/* ---- combining the conditions of a rule */

/* Deny overrides error, error overrides step-up, step-up overrides permit; an
 * undefined value counts as an error. */
static int verdict_rank(enum portvakt_verdict v)
{
	static const int weights[] = {
		[PORTVAKT_PERMIT] = 0,
		[PORTVAKT_STEP_UP] = 1,
		[PORTVAKT_ERROR] = 2,
		[PORTVAKT_DENY] = 3,
	};

	return (size_t)v < LENGTH(weights) ? weights[v]
	                                   : weights[PORTVAKT_ERROR];
}

static enum portvakt_verdict verdict_or_error(enum portvakt_verdict v)
{
	return (unsigned)v <= PORTVAKT_ERROR ? v : PORTVAKT_ERROR;
}

/* All conditions must be met: the verdict of the highest rank wins. */
static struct rule_result combine_conditions(const struct rule_eval *one)
{
	struct rule_result f = { .rule = one->rule,
		                 .verdict = PORTVAKT_PERMIT };

	for (size_t n = 0; n < one->rule->condition_count; n++) {
		enum portvakt_verdict v = verdict_or_error(one->verdicts[n]);

		if (verdict_rank(v) <= verdict_rank(f.verdict))
			continue;
		f.verdict = v;
		f.condition = one->rule->conditions[n].name;
	}
	return f;
}

static void combine_conditions_of_all(struct policy_evaluation *d)
{
	size_t count = d->rules.count;

	d->decision->results = arena_array(d->arena, struct rule_result, count);
	d->decision->result_count = count;
	for (size_t i = 0; i < count; i++)
		d->decision->results[i] = combine_conditions(&d->rules.at[i]);
}

/* ---- reason codes */

/* A plugin's denial: the reason with the name of the condition if reasons.def
 * defines it with status 403, else "plugin-refuses". */
static const char *plugin_denial_reason(const char *condition)
{
	static const struct {
		const char *code;
		int status;
	} reasons[] = {
#define REASON(code, status) { code, status },
#include "region/config/reasons.def"
#undef REASON
	};

	for (size_t i = 0; i < LENGTH(reasons); i++)
		if (reasons[i].status == 403 &&
		    text_equal(reasons[i].code, condition))
			return reasons[i].code;
	return "plugin-refuses";
}

static const char *rule_denial_reason(const struct rule_result *f)
{
	const struct portvakt_condition *w =
	    policy_builtin_condition(f->condition);

	if (f->verdict == PORTVAKT_ERROR)
		return "plugin-silent";
	if (!w)
		return plugin_denial_reason(f->condition);
	return w->reason ? w->reason : "rule-refuses";
}

/* "hours" and "network" apply to a deny rule that matches as well as to an
 * allow rule that does not; other reasons do not. */
static const char *deny_rule_reason(const struct rule_result *f)
{
	static const char *const symmetric_reasons[] = { "hours", "network" };

	if (f->verdict == PORTVAKT_ERROR)
		return "plugin-silent";
	if (f->rule->condition_count != 1 || !f->rule->conditions[0].built_in)
		return "rule-refuses";
	for (size_t i = 0; i < LENGTH(symmetric_reasons); i++)
		if (text_equal(f->rule->conditions[0].built_in->reason,
		               symmetric_reasons[i]))
			return symmetric_reasons[i];
	return "rule-refuses";
}

/* ---- combining the rules */

static void policy_decision_set(struct policy_decision *ret,
                                struct rule_result *f, enum policy_verdict v,
                                const char *reason)
{
	ret->verdict = v;
	ret->reason = reason;
	if (!f)
		return;
	f->is_deciding = true;
	ret->location = f->rule->location;
}

/* Returns the first deny rule that is not clearly inapplicable, or NULL. */
static struct rule_result *find_matching_deny_rule(
    const struct policy_evaluation *d)
{
	for (size_t i = 0; i < d->rules.count; i++) {
		struct rule_result *f = &d->decision->results[i];

		if (!d->rules.at[i].is_requirement && f->rule->is_deny &&
		    f->verdict != PORTVAKT_DENY)
			return f;
	}
	return NULL;
}

/* Returns the allow rule with the lowest rank, the first of equals, or NULL. */
static struct rule_result *find_best_allow_rule(
    const struct policy_evaluation *d)
{
	struct rule_result *best = NULL;

	for (size_t i = 0; i < d->rules.count; i++) {
		struct rule_result *f = &d->decision->results[i];

		if (d->rules.at[i].is_requirement || f->rule->is_deny)
			continue;
		if (!best ||
		    verdict_rank(f->verdict) < verdict_rank(best->verdict))
			best = f;
	}
	return best;
}

/* Returns the requirement with the highest rank, or NULL if there is none. */
static struct rule_result *find_worst_requirement(
    const struct policy_evaluation *d)
{
	struct rule_result *worst = NULL;

	for (size_t i = 0; i < d->rules.count; i++) {
		struct rule_result *f = &d->decision->results[i];

		if (!d->rules.at[i].is_requirement)
			continue;
		if (!worst ||
		    verdict_rank(f->verdict) > verdict_rank(worst->verdict))
			worst = f;
	}
	return worst;
}

static void policy_combine_rules(const struct policy_evaluation *d)
{
	struct rule_result *deny = find_matching_deny_rule(d);
	struct rule_result *allow = find_best_allow_rule(d);
	struct rule_result *requirement = find_worst_requirement(d);
	struct rule_result *deciding = allow;

	if (deny) {
		policy_decision_set(d->decision, deny, POLICY_DENY,
		                    deny_rule_reason(deny));
		return;
	}
	if (!allow) {
		policy_decision_set(d->decision, NULL, POLICY_DENY,
		                    "not-allowed");
		return;
	}
	if (requirement &&
	    verdict_rank(requirement->verdict) > verdict_rank(allow->verdict))
		deciding = requirement;
	if (deciding->verdict == PORTVAKT_PERMIT)
		policy_decision_set(d->decision, allow, POLICY_ALLOW, NULL);
	else if (deciding->verdict == PORTVAKT_STEP_UP)
		policy_decision_set(d->decision, deciding, POLICY_STEP_UP,
		                    "second-factor");
	else
		policy_decision_set(d->decision, deciding, POLICY_DENY,
		                    rule_denial_reason(deciding));
}

/* Returns the reason to deny without evaluating rules, or NULL. */
static const char *deny_without_rules(const struct policy_evaluation *d,
                                      const struct person *p,
                                      const struct policy_request *c)
{
	if (!d->affiliation)
		return "no-affiliation";
	if (p->status != STATUS_ACTIVE ||
	    !affiliation_is_valid_at(d->affiliation, c->now))
		return "ended";
	if (!d->municipality)
		return "ended";
	if (municipality_is_offboarded(d->municipality, c->now))
		return "organisation-migrated";
	if (d->service &&
	    policy_list_contains(d->municipality->migrated_services,
	                         d->service->name))
		return "service-migrated";
	if (!d->service && !text_equal(c->service, "portal"))
		return "unknown-service";
	return NULL;
}

void policy_evaluate(struct arena *a, const struct config *cfg,
                     const struct person *p, const struct affiliation *f,
                     const struct policy_request *c,
                     const struct plugin_evaluator *evaluator,
                     struct policy_decision *ret_decision)
{
	struct policy_evaluation d = {
		.arena = a,
		.cfg = cfg,
		.municipality =
		    f ? config_municipality(cfg, f->municipality) : NULL,
		.service = config_service(cfg, c->service),
		.affiliation = f,
		.evaluator = evaluator,
		.decision = ret_decision,
	};

	*ret_decision = (struct policy_decision){ .verdict = POLICY_DENY };
	if (f)
		d.facts = policy_context_create(a, cfg, p, f, c);
	ret_decision->facts = d.facts;
	ret_decision->reason = deny_without_rules(&d, p, c);
	if (ret_decision->reason)
		return;
	collect_rules(&d);
	evaluate_conditions(&d);
	combine_conditions_of_all(&d);
	policy_combine_rules(&d);
}

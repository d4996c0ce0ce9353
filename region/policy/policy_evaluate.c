/* SPDX-License-Identifier: AGPL-3.0-or-later
 * policy_evaluate.c: policy evaluation.  First every applicable rule is
 * evaluated, then the results are combined: rules that always allow, deny
 * rules, allow rules, requirements of the service.  The zero value is deny, and
 * an unknown result never allows. */
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
	VECTOR(const struct condition *) busy;
	VECTOR(const char *) plugins; /* that were asked, each once */
	struct rule_result *results;  /* of each of rules */
	enum policy_assumption assume;
	bool obeys_trials;
	const struct policy_rule *trial; /* the trial rule to obey, or NULL */
	struct policy_decision *decision;
};

/* ---- applicable rules */

/* Returns whether a rule of the municipality covers the service: by its name,
 * or as any of those that are offered to it. */
static bool rule_covers(const struct policy_evaluation *d,
                        const struct policy_rule *c)
{
	if (d->service &&
	    !service_is_offered_to(d->service, d->municipality->name))
		return false;
	return text_list_has(c->services, d->facts->service) ||
	       text_list_has(c->services, "any");
}

static bool rule_applies(const struct policy_evaluation *d,
                         const struct policy_rule *c)
{
	const struct affiliation *f = d->affiliation;

	if (!rule_covers(d, c))
		return false;
	if (c->is_for_everyone)
		return true;
	if (c->role)
		return text_list_has(f->roles, c->role);
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
		if (rule_applies(d, &m->rules[i]))
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

static void add_plugin(struct policy_evaluation *d, const char *identity)
{
	for (size_t i = 0; i < d->plugins.count; i++)
		if (text_equal(d->plugins.at[i], identity))
			return;
	if (identity && *identity)
		*vector_append(d->arena, &d->plugins) = identity;
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
	const char **identities =
	    arena_array(d->arena, const char *, conditions.count);

	for (size_t i = 0; i < conditions.count; i++)
		verdicts[i] = PORTVAKT_ERROR;
	if (d->evaluator)
		d->evaluator->evaluate(d->evaluator->context, plugin_host,
		                       conditions.at, conditions.count,
		                       d->facts, verdicts, identities);
	for (size_t i = 0; i < conditions.count; i++) {
		bool busy = (int)verdicts[i] == PLUGIN_VERDICT_BUSY;

		add_plugin(d, identities[i]);
		if (busy)
			*vector_append(d->arena, &d->busy) = conditions.at[i];
		*targets.at[i] = busy ? PORTVAKT_ERROR : verdicts[i];
	}
}

static bool is_circumstance(const struct condition *c)
{
	static const char *const names[] = { "from", "between", "on",
		                             "second-factor" };

	for (size_t i = 0; i < LENGTH(names); i++)
		if (text_equal(c->name, names[i]))
			return true;
	return !c->built_in;
}

/* Returns the verdict that is assumed for a circumstance: whether it lets the
 * person in depends on the rule, on `unless` and on `not`. */
static enum portvakt_verdict assumed_verdict(const struct policy_evaluation *d,
                                             const struct rule_eval *one,
                                             const struct condition *c)
{
	bool met = d->assume == ASSUME_FAVOURABLE;

	if (one->rule->is_deny && !one->is_requirement)
		met = !met;
	if (c->is_exception != c->is_negated)
		met = !met;
	return met ? PORTVAKT_PERMIT : PORTVAKT_DENY;
}

static enum portvakt_verdict evaluate_condition(
    const struct policy_evaluation *d, const struct rule_eval *one,
    const struct condition *c)
{
	if (d->assume != ASSUME_NOTHING && is_circumstance(c))
		return assumed_verdict(d, one, c);
	return c->built_in ? evaluate_builtin_condition(c, d->facts)
	                   : PORTVAKT_ERROR;
}

static void evaluate_conditions(struct policy_evaluation *d)
{
	for (size_t i = 0; i < d->rules.count; i++) {
		const struct rule_eval *one = &d->rules.at[i];

		for (size_t n = 0; n < one->rule->condition_count; n++) {
			const struct condition *c = &one->rule->conditions[n];

			one->verdicts[n] = evaluate_condition(d, one, c);
		}
	}
	if (d->assume != ASSUME_NOTHING)
		return;
	evaluate_on_plugin_host(d, d->municipality->name);
	evaluate_on_plugin_host(d, "region");
	if (d->plugins.count == 0)
		return;
	*vector_append(d->arena, &d->plugins) = NULL;
	d->decision->plugins = d->plugins.at;
}

static bool rule_is_busy(const struct policy_evaluation *d,
                         const struct rule_result *f)
{
	for (size_t i = 0; i < d->busy.count; i++)
		if (f->value.verdict == PORTVAKT_ERROR &&
		    f->value.condition == d->busy.at[i])
			return true;
	return false;
}

static void combine_conditions_of_all(struct policy_evaluation *d)
{
	size_t count = d->rules.count;

	d->results = arena_array(d->arena, struct rule_result, count);
	for (size_t i = 0; i < count; i++)
		d->results[i] =
		    (struct rule_result){ .rule = d->rules.at[i].rule,
			                  .value = policy_expression_evaluate(
					      d->rules.at[i].rule,
					      d->rules.at[i].verdicts) };
	for (size_t i = 0; i < count; i++)
		d->results[i].is_busy = rule_is_busy(d, &d->results[i]);
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

/* "hours" and "network" apply to a condition that must be met as well as to one
 * that must not; other reasons do not. */
static const char *symmetric_reason(const struct condition *c)
{
	static const char *const reasons[] = { "hours", "network" };

	for (size_t i = 0; c->built_in && i < LENGTH(reasons); i++)
		if (text_equal(c->built_in->reason, reasons[i]))
			return reasons[i];
	return "rule-refuses";
}

static const char *rule_denial_reason(const struct rule_result *f)
{
	const struct condition *c = f->value.condition;

	if (f->value.verdict == PORTVAKT_ERROR)
		return f->is_busy ? "plugin-busy" : "plugin-silent";
	if (c->is_negated || c->is_exception)
		return symmetric_reason(c);
	if (!c->built_in)
		return plugin_denial_reason(c->name);
	return c->built_in->reason ? c->built_in->reason : "rule-refuses";
}

/* The reason of a deny rule's only condition, or of the only one before
 * `unless`. */
static const char *deny_rule_reason(const struct rule_result *f)
{
	const struct policy_rule *rule = f->rule;

	if (f->value.verdict == PORTVAKT_ERROR)
		return f->is_busy ? "plugin-busy" : "plugin-silent";
	if (rule->condition_count == 1 ||
	    (rule->condition_count > 1 && !rule->conditions[0].is_exception &&
	     rule->conditions[1].is_exception))
		return symmetric_reason(&rule->conditions[0]);
	return "rule-refuses";
}

/* ---- combining the rules */

/* Which of the collected rules a decision obeys: all but trial rules, and one
 * of these, or NULL. */
static bool rule_is_obeyed(const struct policy_evaluation *d, size_t i)
{
	const struct policy_rule *rule = d->rules.at[i].rule;

	return !d->rules.at[i].is_requirement &&
	       (!rule->is_trial || d->obeys_trials || rule == d->trial);
}

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

/* Returns the first deny rule that is not clearly inapplicable, or NULL. One
 * that a second factor ends comes after the others. */
static struct rule_result *find_matching_deny_rule(
    const struct policy_evaluation *d)
{
	struct rule_result *found = NULL;

	for (size_t i = 0; i < d->rules.count; i++) {
		struct rule_result *f = &d->results[i];

		if (!rule_is_obeyed(d, i) || !f->rule->is_deny ||
		    f->value.verdict == PORTVAKT_DENY)
			continue;
		if (!f->value.ends_with_step_up)
			return f;
		if (!found)
			found = f;
	}
	return found;
}

/* Returns the allow rule of the lowest rank, the first of equals, or NULL:
 * among those that always allow, or among the others. */
static struct rule_result *find_best_allow_rule(
    const struct policy_evaluation *d, bool is_always)
{
	struct rule_result *best = NULL;

	for (size_t i = 0; i < d->rules.count; i++) {
		struct rule_result *f = &d->results[i];

		if (!rule_is_obeyed(d, i) || f->rule->is_deny ||
		    f->rule->is_always != is_always)
			continue;
		if (!best || policy_expression_rank(&f->value) <
		                 policy_expression_rank(&best->value))
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
		struct rule_result *f = &d->results[i];

		if (!d->rules.at[i].is_requirement)
			continue;
		if (!worst || policy_expression_rank(&f->value) >
		                  policy_expression_rank(&worst->value))
			worst = f;
	}
	return worst;
}

/* The verdict of an allow rule with the service's requirements. */
static void policy_combine_allow(const struct policy_evaluation *d,
                                 struct rule_result *allow,
                                 struct policy_decision *ret)
{
	struct rule_result *requirement = find_worst_requirement(d);
	struct rule_result *deciding = allow;

	if (requirement && policy_expression_rank(&requirement->value) >
	                       policy_expression_rank(&allow->value))
		deciding = requirement;
	if (deciding->value.verdict == PORTVAKT_PERMIT)
		policy_decision_set(ret, allow, POLICY_ALLOW, NULL);
	else if (deciding->value.verdict == PORTVAKT_STEP_UP)
		policy_decision_set(ret, deciding, POLICY_STEP_UP,
		                    "second-factor");
	else
		policy_decision_set(ret, deciding, POLICY_DENY,
		                    rule_denial_reason(deciding));
}

static void policy_combine_ordinary(const struct policy_evaluation *d,
                                    struct policy_decision *ret)
{
	struct rule_result *deny = find_matching_deny_rule(d);
	struct rule_result *allow = find_best_allow_rule(d, false);

	if (deny && deny->value.ends_with_step_up && allow)
		policy_decision_set(ret, deny, POLICY_STEP_UP, "second-factor");
	else if (deny)
		policy_decision_set(ret, deny, POLICY_DENY,
		                    deny_rule_reason(deny));
	else if (!allow)
		policy_decision_set(ret, NULL, POLICY_DENY, "not-allowed");
	else
		policy_combine_allow(d, allow, ret);
}

static void rule_results_reset(const struct policy_evaluation *d)
{
	for (size_t i = 0; i < d->rules.count; i++)
		d->results[i].is_deciding = false;
}

/* A rule that always allows counts where the others do not allow. */
static void policy_combine_rules(const struct policy_evaluation *d,
                                 struct policy_decision *ret)
{
	struct rule_result *always = find_best_allow_rule(d, true);

	policy_combine_ordinary(d, ret);
	if (ret->verdict == POLICY_ALLOW || !always ||
	    always->value.verdict != PORTVAKT_PERMIT)
		return;
	rule_results_reset(d);
	policy_combine_allow(d, always, ret);
	ret->is_break_glass = ret->verdict == POLICY_ALLOW;
}

/* ---- trial rules */

/* What each trial rule would change alone. */
static void policy_try_rules(struct policy_evaluation *d)
{
	struct policy_decision *to = d->decision;

	to->trials = arena_array(d->arena, struct trial_result, d->rules.count);
	for (size_t i = 0; i < d->rules.count; i++) {
		struct policy_decision other = { .verdict = POLICY_DENY };

		d->trial = d->rules.at[i].rule;
		if (!d->trial->is_trial)
			continue;
		policy_combine_rules(d, &other);
		to->trials[to->trial_count++] = (struct trial_result){
			.rule = d->trial,
			.verdict = other.verdict,
			.reason = other.reason,
			.changes = other.verdict != to->verdict,
		};
	}
	d->trial = NULL;
}

/* Combines the results, and copies those of all but trial rules. */
static void policy_decide(struct policy_evaluation *d)
{
	struct policy_decision *to = d->decision;

	policy_combine_rules(d, to);
	to->results = arena_array(d->arena, struct rule_result, d->rules.count);
	for (size_t i = 0; i < d->rules.count; i++)
		if (!d->results[i].rule->is_trial || d->obeys_trials)
			to->results[to->result_count++] = d->results[i];
	policy_try_rules(d);
}

static const struct maintenance *find_maintenance(
    const struct policy_evaluation *d, int64_t now)
{
	const char *service = d->service ? d->service->name : "portal";

	for (size_t i = 0; i < d->cfg->maintenance_count; i++) {
		const struct maintenance *m = &d->cfg->maintenance[i];

		if (now >= m->from && now < m->until &&
		    (text_list_has(m->services, service) ||
		     (d->service && text_list_has(m->services, "any"))))
			return m;
	}
	return NULL;
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
	    text_list_has(d->municipality->migrated_services, d->service->name))
		return "service-migrated";
	if (!d->service && !text_equal(c->service, "portal"))
		return "unknown-service";
	if (d->assume == ASSUME_NOTHING)
		d->decision->maintenance = find_maintenance(d, c->now);
	if (d->decision->maintenance) {
		d->decision->location = d->decision->maintenance->location;
		return "maintenance";
	}
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
		.assume = c->assume,
		.obeys_trials = c->obeys_trials,
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
	policy_decide(&d);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * policy_evaluate.c: policy evaluation.  First every applicable rule is
 * evaluated, then the results are combined: deny rules, allow rules,
 * requirements of the service.  The zero value is deny, and an unknown result
 * never allows. */
#include "region/decide.h"

#include <string.h>

#include "lib/list.h"
#include "lib/text.h"
#include "region/facts.h"

/* One applicable rule with a verdict for each of its conditions. */
struct considered {
	const struct clause *clause;
	enum portvakt_verdict *verdicts;
	bool is_need;
};

struct deciding {
	struct arena *arena;
	const struct region *region;
	const struct municipality *municipality;
	const struct service *service; /* NULL: the portal */
	const struct affiliation *affiliation;
	const struct portvakt_facts *facts;
	const struct judges *judges;
	LIST(struct considered) clauses;
	struct decision *ret;
};

/* ---- applicable rules */

static bool holds(char **list, const char *text)
{
	for (; list && *list; list++)
		if (text_equal(*list, text))
			return true;
	return false;
}

static bool is_about(const struct clause *c, const struct affiliation *f,
                     const char *service)
{
	if (!holds(c->services, service) && !holds(c->services, "any"))
		return false;
	if (c->role)
		return holds(f->roles, c->role);
	return c->kind != KIND_NONE && c->kind == f->kind;
}

static void consider(struct deciding *d, const struct clause *c, bool is_need)
{
	*list_add(d->arena, &d->clauses) = (struct considered){
		.clause = c,
		.is_need = is_need,
		.verdicts = arena_array(d->arena, enum portvakt_verdict,
		                        c->condition_count),
	};
}

static void consider_all(struct deciding *d)
{
	const struct municipality *m = d->municipality;

	for (size_t i = 0; i < m->clause_count; i++)
		if (is_about(&m->clauses[i], d->affiliation, d->facts->service))
			consider(d, &m->clauses[i], false);
	for (size_t i = 0; d->service && i < d->service->need_count; i++)
		consider(d, &d->service->needs[i], true);
}

/* ---- conditions */

static enum portvakt_verdict judged_here(const struct condition *c,
                                         const struct portvakt_facts *facts)
{
	return c->built_in->judge(c->count, (const char *const *)c->arguments,
	                          facts);
}

/* Evaluates all conditions of one plugin host in a single request. */
static void ask_judge(struct deciding *d, const char *judge)
{
	LIST(const struct condition *) asked = { 0 };
	LIST(enum portvakt_verdict *) answers = { 0 };

	for (size_t i = 0; i < d->clauses.count; i++) {
		const struct considered *one = &d->clauses.at[i];

		for (size_t n = 0; n < one->clause->condition_count; n++) {
			const struct condition *c = &one->clause->conditions[n];

			if (c->built_in || !text_equal(c->judge, judge))
				continue;
			*list_add(d->arena, &asked) = c;
			*list_add(d->arena, &answers) = &one->verdicts[n];
		}
	}
	if (asked.count == 0)
		return;
	enum portvakt_verdict *verdicts =
	    arena_array(d->arena, enum portvakt_verdict, asked.count);

	for (size_t i = 0; i < asked.count; i++)
		verdicts[i] = PORTVAKT_ERROR;
	if (d->judges)
		d->judges->ask(d->judges->with, judge, asked.at, asked.count,
		               d->facts, verdicts);
	for (size_t i = 0; i < asked.count; i++)
		*answers.at[i] = verdicts[i];
}

static void judge_conditions(struct deciding *d)
{
	for (size_t i = 0; i < d->clauses.count; i++) {
		const struct considered *one = &d->clauses.at[i];

		for (size_t n = 0; n < one->clause->condition_count; n++) {
			const struct condition *c = &one->clause->conditions[n];

			one->verdicts[n] = c->built_in
			                       ? judged_here(c, d->facts)
			                       : PORTVAKT_ERROR;
		}
	}
	ask_judge(d, d->municipality->name);
	ask_judge(d, "region");
}

/* ---- combining the conditions of a rule */

/* Deny overrides error, error overrides step-up, step-up overrides permit; an
 * undefined value counts as an error. */
static int weight(enum portvakt_verdict v)
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

static enum portvakt_verdict known(enum portvakt_verdict v)
{
	return (unsigned)v <= PORTVAKT_ERROR ? v : PORTVAKT_ERROR;
}

/* All conditions must be met: the verdict of the highest rank wins. */
static struct finding judge_clause(const struct considered *one)
{
	struct finding f = { .clause = one->clause,
		             .verdict = PORTVAKT_PERMIT };

	for (size_t n = 0; n < one->clause->condition_count; n++) {
		enum portvakt_verdict v = known(one->verdicts[n]);

		if (weight(v) <= weight(f.verdict))
			continue;
		f.verdict = v;
		f.word = one->clause->conditions[n].word;
	}
	return f;
}

static void judge_clauses(struct deciding *d)
{
	size_t count = d->clauses.count;

	d->ret->findings = arena_array(d->arena, struct finding, count);
	d->ret->finding_count = count;
	for (size_t i = 0; i < count; i++)
		d->ret->findings[i] = judge_clause(&d->clauses.at[i]);
}

/* ---- reason codes */

/* A plugin's denial: the reason with the name of the condition if reasons.def
 * defines it with status 403, else "plugin-refuses". */
static const char *plugin_reason(const char *word)
{
	static const struct {
		const char *word;
		int status;
	} reasons[] = {
#define REASON(word, status) { word, status },
#include "region/reasons.def"
#undef REASON
	};

	for (size_t i = 0; i < LENGTH(reasons); i++)
		if (reasons[i].status == 403 &&
		    text_equal(reasons[i].word, word))
			return reasons[i].word;
	return "plugin-refuses";
}

static const char *reason_of(const struct finding *f)
{
	const struct portvakt_word *w = policy_built_in(f->word);

	if (f->verdict == PORTVAKT_ERROR)
		return "plugin-silent";
	if (!w)
		return plugin_reason(f->word);
	return w->reason ? w->reason : "rule-refuses";
}

/* "hours" and "network" apply to a deny rule that matches as well as to an
 * allow rule that does not; other reasons do not. */
static const char *reason_of_may_not(const struct finding *f)
{
	static const char *const both_ways[] = { "hours", "network" };

	if (f->verdict == PORTVAKT_ERROR)
		return "plugin-silent";
	if (f->clause->condition_count != 1 ||
	    !f->clause->conditions[0].built_in)
		return "rule-refuses";
	for (size_t i = 0; i < LENGTH(both_ways); i++)
		if (text_equal(f->clause->conditions[0].built_in->reason,
		               both_ways[i]))
			return both_ways[i];
	return "rule-refuses";
}

/* ---- combining the rules */

static void settle(struct decision *ret, struct finding *f, enum verdict v,
                   const char *reason)
{
	ret->verdict = v;
	ret->reason = reason;
	if (!f)
		return;
	f->decided = true;
	ret->place = f->clause->place;
}

/* Returns the first deny rule that is not clearly inapplicable, or NULL. */
static struct finding *find_may_not(const struct deciding *d)
{
	for (size_t i = 0; i < d->clauses.count; i++) {
		struct finding *f = &d->ret->findings[i];

		if (!d->clauses.at[i].is_need && f->clause->may_not &&
		    f->verdict != PORTVAKT_DENY)
			return f;
	}
	return NULL;
}

/* Returns the allow rule with the lowest rank, the first of equals, or NULL. */
static struct finding *find_may(const struct deciding *d)
{
	struct finding *best = NULL;

	for (size_t i = 0; i < d->clauses.count; i++) {
		struct finding *f = &d->ret->findings[i];

		if (d->clauses.at[i].is_need || f->clause->may_not)
			continue;
		if (!best || weight(f->verdict) < weight(best->verdict))
			best = f;
	}
	return best;
}

/* Returns the requirement with the highest rank, or NULL if there is none. */
static struct finding *find_need(const struct deciding *d)
{
	struct finding *worst = NULL;

	for (size_t i = 0; i < d->clauses.count; i++) {
		struct finding *f = &d->ret->findings[i];

		if (!d->clauses.at[i].is_need)
			continue;
		if (!worst || weight(f->verdict) > weight(worst->verdict))
			worst = f;
	}
	return worst;
}

static void settle_all(const struct deciding *d)
{
	struct finding *no = find_may_not(d);
	struct finding *yes = find_may(d);
	struct finding *need = find_need(d);
	struct finding *decides = yes;

	if (no) {
		settle(d->ret, no, REFUSE, reason_of_may_not(no));
		return;
	}
	if (!yes) {
		settle(d->ret, NULL, REFUSE, "not-allowed");
		return;
	}
	if (need && weight(need->verdict) > weight(yes->verdict))
		decides = need;
	if (decides->verdict == PORTVAKT_PERMIT)
		settle(d->ret, yes, ALLOW, NULL);
	else if (decides->verdict == PORTVAKT_STEP_UP)
		settle(d->ret, decides, STEP_UP, "second-factor");
	else
		settle(d->ret, decides, REFUSE, reason_of(decides));
}

/* Returns the reason to deny without evaluating rules, or NULL. */
static const char *refused_at_once(const struct deciding *d,
                                   const struct person *p,
                                   const struct circumstance *c)
{
	if (!d->affiliation)
		return "no-affiliation";
	if (p->status != STATUS_ACTIVE ||
	    !affiliation_counts(d->affiliation, c->now))
		return "ended";
	if (!d->municipality)
		return "ended";
	if (municipality_has_left(d->municipality, c->now))
		return "left";
	if (d->service && holds(d->municipality->moved, d->service->name))
		return "moved";
	if (!d->service && !text_equal(c->service, "portal"))
		return "unknown-service";
	return NULL;
}

void decide(struct arena *a, const struct region *r, const struct person *p,
            const struct affiliation *f, const struct circumstance *c,
            const struct judges *judges, struct decision *ret)
{
	struct deciding d = {
		.arena = a,
		.region = r,
		.municipality =
		    f ? region_municipality(r, f->municipality) : NULL,
		.service = region_service(r, c->service),
		.affiliation = f,
		.judges = judges,
		.ret = ret,
	};

	*ret = (struct decision){ .verdict = REFUSE };
	ret->reason = refused_at_once(&d, p, c);
	if (ret->reason)
		return;
	d.facts = facts_of(a, r, p, f, c);
	consider_all(&d);
	judge_conditions(&d);
	judge_clauses(&d);
	settle_all(&d);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * effect_limits.c: one table of the counted effects, their limits in each
 * scope, and what exceeds them. */
#include "sync/engine/guard/effect_limits.h"

#include <stddef.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/json.h"
#include "lib/strbuf.h"
#include "sync/engine/guard/approvals.h"
#include "sync/engine/guard/change_impact.h"
#include "sync/engine/guard/deactivation_threshold.h"
#include "sync/engine/guard/effect_tally.h"
#include "sync/engine/guard/effect_totals.h"
#include "sync/engine/guard/source_identity_check.h"
#include "sync/engine/state/state.h"

enum {
	MINUTES_10 = 600,
	MONTH = 30 * THRESHOLD_DAY,
	EXPECTED_TIMES = 10, /* the limit of a day, for what is usual */
	SHARE_FROM = 2,      /* people; fewer are no share of anything */
	UNIT_FROM = 3,
	DEFAULT_CREATIONS_PERCENT = 20, /* for a directory that is no longer
	                                 * configured */
};

#define LIMIT(field) offsetof(struct directory_limits, field)

static const struct effect_limit effect_limits[] = {
	{ HOLD_DEACTIVATE, "deactivations", LIMIT(deactivations), MINUTES_10, 0,
	  0, LEAVES },
	{ HOLD_RETURN, "returns", LIMIT(returns), THRESHOLD_DAY, 10, 5,
	  ENTERS | HALF },
	{ HOLD_KIND_UP, "kinds", LIMIT(upward_moves), THRESHOLD_DAY, 10, 5,
	  LEAVES | HALF },
	{ HOLD_KIND, "kinds", LIMIT(kind_changes), THRESHOLD_DAY, 10, 5,
	  LEAVES | HALF },
	{ HOLD_ROLE_GRANT, "roles", LIMIT(role_grants), MINUTES_10, 3, 5,
	  BY_DETAIL },
	{ HOLD_ROLE_LOSS, "roles", LIMIT(role_losses), THRESHOLD_DAY, 10, 5,
	  BY_DETAIL | HALF },
	{ HOLD_END_DATE, "dates", LIMIT(end_dates), MONTH, 20, 10, 0 },
	{ HOLD_NAME_CHANGE, "values", LIMIT(changed_names), THRESHOLD_DAY, 10,
	  5, BY_DETAIL | HALF },
	{ HOLD_VALUE_LOSS, "values", LIMIT(lost_values), MINUTES_10, 10, 5,
	  BY_DETAIL | HALF },
	/* Counted before: change_impact.c. */
	{ HOLD_SAME_VALUE, "values", LIMIT(same_values), THRESHOLD_DAY, 0, 0,
	  BY_DETAIL | SOURCE_ONLY | ALWAYS },
	/* A single one: lives may depend on it. */
	{ HOLD_PROTECTED, "protected", 0, THRESHOLD_DAY, 0, 0,
	  SOURCE_ONLY | ALWAYS },
	{ HOLD_CREATE, "creations", 0, MINUTES_10, 50, 0, SOURCE_ONLY },
	{ HOLD_CONFIG_CHANGE, "configuration", 0, MINUTES_10, 10, 2,
	  SOURCE_ONLY | HALF },
};

/* ---- limits */

static bool effect_exceeds_bound(const struct effect_limit *e, size_t count,
                                 size_t total, int percent)
{
	size_t share = total * (size_t)percent / 100;

	return count > (share > e->minimum ? share : e->minimum) ||
	       (e->flags & HALF && count > 2 && count * 2 > total);
}

/* Up to the minimum the total does not matter, and it is not counted. */
static bool effect_needs_total(const struct effect_limit *e, size_t count)
{
	return count > e->minimum || (e->flags & HALF && count > 2);
}

bool effect_exceeds_source(enum hold_mask what, size_t count, size_t total,
                           int percent)
{
	for (size_t i = 0; i < LENGTH(effect_limits); i++)
		if (effect_limits[i].what == what)
			return effect_exceeds_bound(
			    &effect_limits[i], count, total,
			    percent >= 0 ? percent : effect_limits[i].percent);
	return false;
}

bool effect_exceeds_kind(size_t count, size_t total, size_t share_percent)
{
	return count >= SHARE_FROM && count * 100 >= share_percent * total;
}

bool effect_exceeds_unit(size_t count, size_t total, size_t share_percent)
{
	return count >= UNIT_FROM && count * 100 > share_percent * total;
}

static const struct directory_limits *effect_directory_limits(
    const struct guard_evaluation *ev)
{
	return ev->conf && ev->conf->limits ? ev->conf->limits
	                                    : &directory_default_limits;
}

static size_t effect_day_limit(const struct guard_evaluation *ev,
                               const struct effect_limit *e, const char *detail)
{
	const struct directory_limits *l = effect_directory_limits(ev);
	size_t limit = *(const size_t *)((const char *)l + e->limit);

	if (e->what == HOLD_ROLE_GRANT && l->upward_moves < limit &&
	    effect_role_is_used(ev->cfg, detail))
		return l->upward_moves;
	return limit;
}

/* ---- one scope */

static size_t (*const effect_active_in[SCOPES])(
    const struct guard_evaluation *ev, const char *value, size_t bound) = {
	[SCOPE_KIND] = effect_total_in_kind,
	[SCOPE_UNIT] = effect_total_in_unit,
	[SCOPE_OU] = effect_total_in_ou,
};

/* Returns how many a scope had before these changes. */
static size_t effect_scope_total(const struct effect_tally *t,
                                 enum effect_scope scope,
                                 const struct scope_count *c, size_t share)
{
	size_t count = c->waiting + c->applied;
	size_t bound = share > 0 ? count * 100 / share + 1 : 1;
	size_t total = effect_active_in[scope](t->ev, c->value, bound);

	if (t->effect->flags & LEAVES)
		total += c->applied;
	if (t->effect->flags & ENTERS)
		total += c->waiting;
	return total;
}

static bool effect_municipality_exceeds(const struct effect_tally *t,
                                        const struct scope_count *c)
{
	size_t limit = effect_day_limit(t->ev, t->effect, c->detail);

	return c->waiting + c->applied > limit ||
	       (t->effect->what & (HOLD_KIND | HOLD_ROLE_LOSS) &&
	        effect_total_of_losers(t->ev, c->value) > limit);
}

static bool effect_kind_exceeds(const struct effect_tally *t,
                                const struct scope_count *c)
{
	const struct directory_limits *l = effect_directory_limits(t->ev);
	size_t count = c->waiting + c->applied;

	return count >= SHARE_FROM && l->share_percent < 100 &&
	       effect_exceeds_kind(
		   count,
		   effect_scope_total(t, SCOPE_KIND, c, l->share_percent),
		   l->share_percent);
}

static bool effect_unit_exceeds(const struct effect_tally *t,
                                enum effect_scope scope,
                                const struct scope_count *c)
{
	size_t share = effect_directory_limits(t->ev)->unit_share_percent;
	size_t count = c->waiting + c->applied;

	return count >= UNIT_FROM && share < 100 &&
	       effect_exceeds_unit(
		   count, effect_scope_total(t, scope, c, share), share);
}

static bool effect_role_is_emptied(const struct effect_tally *t,
                                   const struct scope_count *c)
{
	size_t share = effect_directory_limits(t->ev)->unit_share_percent;
	size_t count = c->waiting + c->applied;

	return t->effect->what == HOLD_ROLE_LOSS && count >= UNIT_FROM &&
	       share > 0 && share < 100 &&
	       effect_exceeds_unit(
		   count,
		   c->applied + effect_total_with_role(t->ev, c->detail,
	                                               count * 100 / share + 1),
		   share);
}

/* Returns the reason why all of the effect in the source is held, or NULL. */
static const char *effect_source_reason(const struct effect_tally *t,
                                        const struct scope_count *c)
{
	const struct guard_evaluation *ev = t->ev;
	const struct effect_limit *e = t->effect;
	int percent = e->percent;

	if (e->what == HOLD_DEACTIVATE)
		return threshold_reason(
		    ev->directory, c->waiting,
		    threshold_percent(ev->cfg, ev->directory));
	if (e->flags & ALWAYS)
		return e->reason;
	if (e->what == HOLD_CREATE)
		percent = ev->conf ? ev->conf->max_creations_percent
		                   : DEFAULT_CREATIONS_PERCENT;
	size_t count = c->waiting + c->applied;

	return effect_needs_total(e, count) &&
	               effect_exceeds_bound(
			   e, count,
			   threshold_active(ev->directory,
	                                    threshold_bound(count, percent)),
			   percent)
	           ? e->reason
	           : NULL;
}

static const char *effect_scope_reason(const struct effect_tally *t,
                                       enum effect_scope scope,
                                       const struct scope_count *c)
{
	bool exceeds;

	if (scope == SCOPE_SOURCE)
		return effect_source_reason(t, c);
	if (scope == SCOPE_MUNICIPALITY)
		exceeds = effect_municipality_exceeds(t, c);
	else if (scope == SCOPE_EXPECTED)
		exceeds = c->waiting + c->applied >
		          EXPECTED_TIMES *
		              effect_day_limit(t->ev, t->effect, c->detail);
	else if (scope == SCOPE_KIND)
		exceeds =
		    effect_kind_exceeds(t, c) || effect_role_is_emptied(t, c);
	else
		exceeds = effect_unit_exceeds(t, scope, c);
	return exceeds ? t->effect->reason : NULL;
}

/* Returns the reason, or NULL.  Each scope is decided once, and only for a row
 * that no scope before it holds: the totals cost a scan. */
static const char *effect_decide(struct effect_tally *t,
                                 enum effect_scope scope, char **row,
                                 const char *value)
{
	const char *key = NULL;
	const struct scope_count c =
	    effect_tally_scope(t, scope, effect_row_detail(row), value, &key);
	const json_t *decided = json_object_get(t->exceeded[scope], key);

	if (effect_row_is_back(row) && !c.counts_taken_back)
		return NULL;
	if (!decided) {
		const char *reason =
		    c.waiting > 0 ? effect_scope_reason(t, scope, &c) : NULL;

		decided = json_string(reason ? reason : "");
		(void)json_object_set_new(t->exceeded[scope], key,
		                          (json_t *)decided);
	}
	return *json_string_value(decided) ? json_string_value(decided) : NULL;
}

/* ---- holds */

static void effect_hold(const struct effect_tally *t, const char *anchor,
                        const char *reason)
{
	state_exec("INSERT OR IGNORE INTO to_hold VALUES(?1, ?2, ?3)", "tti",
	           anchor, reason, (int64_t)t->effect->what);
}

/* Holds all but what takes back: that is undone in any state. */
static void effect_hold_all(const struct effect_tally *t, const char *reason)
{
	for (size_t i = 0; i < t->count; i++)
		if (!effect_row_is_back(t->rows[i]))
			effect_hold(t, effect_row_anchor(t->rows[i]), reason);
}

static void effect_hold_row(struct effect_tally *t, char **row)
{
	const char *values[SCOPES];

	effect_row_scopes(t->ev->arena, row, values);
	for (int s = 0; s < SCOPES; s++) {
		const char *reason =
		    values[s]
			? effect_decide(t, (enum effect_scope)s, row, values[s])
			: NULL;

		if (!reason)
			continue;
		effect_hold(t, effect_row_anchor(row), reason);
		return;
	}
}

/* What the state of the source as a whole holds: another directory, one that
 * went back in time, or one without its canary. */
static const char *effect_state_reason(const struct effect_tally *t)
{
	const struct guard_evaluation *ev = t->ev;
	enum hold_mask what = t->effect->what;

	if (ev->is_replaced && (what == HOLD_DEACTIVATE || what == HOLD_CREATE))
		return "source";
	if (ev->went_back && what != HOLD_CREATE && what != HOLD_CONFIG_CHANGE)
		return "source";
	return what == HOLD_DEACTIVATE && ev->conf &&
	               source_canary_is_missing(ev->conf)
	           ? "canary"
	           : NULL;
}

static bool effect_is_accepted(const struct effect_tally *t)
{
	return t->effect->what == HOLD_CONFIG_CHANGE &&
	       approvals_is_allowed("configuration", t->ev->directory,
	                            t->ev->cfg->hash);
}

static void effect_count_and_hold(struct effect_tally *t,
                                  enum effect_group group)
{
	bool is_counted = false;

	for (size_t i = 0; i < t->count; i++) {
		if (effect_row_group(t->rows[i]) != group)
			continue;
		if (!is_counted)
			effect_tally_count(t, group);
		is_counted = true;
		effect_hold_row(t, t->rows[i]);
	}
}

static void effect_evaluate(const struct guard_evaluation *ev,
                            const struct effect_limit *e)
{
	struct effect_tally t = effect_tally_load(ev, e);

	if (t.count == 0 || effect_is_accepted(&t))
		return;
	const char *reason = effect_state_reason(&t);
	if (reason) {
		effect_hold_all(&t, reason);
		return;
	}
	effect_count_and_hold(&t, GROUP_HELD);
	effect_count_and_hold(&t, GROUP_NEW);
	effect_count_and_hold(&t, GROUP_BACK);
}

void effect_limits_evaluate(const struct guard_evaluation *ev)
{
	int64_t found = state_number("SELECT sum(DISTINCT what) FROM suspects"
	                             " WHERE directory = ?1",
	                             "t", ev->directory);

	if (found == 0)
		return;
	approvals_mark_suspects(ev->directory);
	for (size_t i = 0; i < LENGTH(effect_limits); i++)
		if (found & effect_limits[i].what)
			effect_evaluate(ev, &effect_limits[i]);
}

void effect_limits_prune(const char *directory)
{
	state_exec("DELETE FROM got WHERE directory = ?1 AND at <= ?2", "ti",
	           directory, clock_now() - THRESHOLD_DAY);
	for (size_t i = 0; i < LENGTH(effect_limits); i++) {
		const struct effect_limit *e = &effect_limits[i];
		int64_t kept =
		    e->window > THRESHOLD_DAY || e->flags & SOURCE_ONLY
			? e->window
			: THRESHOLD_DAY;

		int64_t since = effect_held_since(directory, e->what);
		int64_t from = since > 0 ? since : clock_now();
		state_exec("DELETE FROM passed WHERE directory = ?1"
		           " AND what = ?2 AND at <= ?3",
		           "tii", directory, (int64_t)e->what,
		           (from < clock_now() ? from : clock_now()) - kept);
	}
}

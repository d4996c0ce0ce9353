/* SPDX-License-Identifier: AGPL-3.0-or-later
 * effect_limits.c: one table of the counted effects and one function that
 * counts them: in the whole source, and within a day in each municipality, each
 * of its kinds, each unit and each container of the directory. */
#include "sync/engine/guard/effect_limits.h"

#include <stddef.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/json.h"
#include "lib/strbuf.h"
#include "sync/engine/guard/approvals.h"
#include "sync/engine/guard/change_impact.h"
#include "sync/engine/guard/deactivation_threshold.h"
#include "sync/engine/guard/effect_totals.h"
#include "sync/engine/guard/source_identity_check.h"
#include "sync/engine/state/state.h"

enum {
	MINUTES_10 = 600,
	MONTH = 30 * THRESHOLD_DAY,
	FRESH_S = 12 * 60 * 60, /* what is held longer is no part of the same
	                         * accident */
	EXPECTED_TIMES = 10,    /* the limit of a day, for what is usual */
	SHARE_FROM = 2,         /* people; fewer are no share of anything */
	UNIT_FROM = 3,
	DEFAULT_CREATIONS_PERCENT = 20, /* for a directory that is no longer
	                                 * configured */
};

enum effect_flags {
	BY_DETAIL = 1,   /* each role or attribute alone */
	LEAVES = 2,      /* those counted are no longer in their kind */
	ENTERS = 4,      /* those that wait are not in it yet */
	SOURCE_ONLY = 8, /* no scope below the source */
	ALWAYS = 32,     /* held, however few */
	HALF = 16,       /* half of the source, and more than two, are too many
	                  */
};

#define LIMIT(field) offsetof(struct directory_limits, field)

/* The limits of the source are the upper bounds of the others. */
static const struct effect_limit {
	enum hold_mask what;
	const char *reason;
	size_t limit; /* in struct directory_limits */
	int64_t window;
	size_t minimum;
	int percent;
	int flags;
} effect_limits[] = {
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

/* ---- counting */

enum effect_scope {
	SCOPE_SOURCE,
	SCOPE_MUNICIPALITY,
	SCOPE_EXPECTED, /* a municipality, with what is usual for many */
	SCOPE_KIND,
	SCOPE_UNIT,
	SCOPE_OU,
	SCOPES
};

/* The counts of one effect, by scope: "DETAIL\nVALUE" -> number. */
struct effect_tally {
	const struct guard_evaluation *ev;
	const struct effect_limit *effect;
	/* Those that wait: anchor, detail, kind, unit, ou, whether it counts,
	 * whether it is held for long. */
	char ***rows;
	size_t count, held_count;
	json_t *waiting[SCOPES], *applied[SCOPES];
	json_t *exceeded[SCOPES]; /* key -> reason, "": within the limit */
	char *now, *horizon;      /* of last days that count together */
};

static char *effect_key(struct arena *a, const struct effect_limit *e,
                        const char *detail, const char *value)
{
	return arena_printf(a, "%s\n%s", e->flags & BY_DETAIL ? detail : "",
	                    value);
}

static void effect_tally_add(struct effect_tally *t, json_t *to,
                             const char *detail, const char *value,
                             int64_t count)
{
	char *key = effect_key(t->ev->arena, t->effect, detail, value);

	(void)json_object_set_new(to, key,
	                          json_integer(js_number(to, key, 0) + count));
}

/* Last days further away than the horizon count in their day only, and those
 * that came no longer. */
static bool effect_counts_for_source(const struct effect_tally *t,
                                     const char *detail, bool waits)
{
	return t->effect->what != HOLD_END_DATE ||
	       (strcmp(detail, t->horizon) <= 0 &&
	        (waits || strcmp(detail, t->now) >= 0));
}

/* The values of a row by scope.  row: detail, kind, unit, ou. */
static void effect_scope_values(struct arena *a, char **row,
                                const char *values[SCOPES])
{
	values[SCOPE_SOURCE] = "";
	values[SCOPE_MUNICIPALITY] =
	    row[1] ? arena_memdup(a, row[1], strcspn(row[1], " ")) : NULL;
	values[SCOPE_EXPECTED] = values[SCOPE_MUNICIPALITY];
	values[SCOPE_KIND] = row[1];
	values[SCOPE_UNIT] = row[2];
	values[SCOPE_OU] = row[3];
}

struct row_count {
	int64_t in_source, in_day, as_share;
};

static void effect_tally_row(struct effect_tally *t, json_t **to, char **row,
                             struct row_count count)
{
	const char *values[SCOPES];

	effect_scope_values(t->ev->arena, row, values);
	if (count.in_source > 0 &&
	    effect_counts_for_source(t, row[0], to == t->waiting))
		effect_tally_add(t, to[SCOPE_SOURCE], row[0], "",
		                 count.in_source);
	if (t->effect->flags & SOURCE_ONLY)
		return;
	if (count.in_day > 0 && values[SCOPE_MUNICIPALITY])
		effect_tally_add(t, to[SCOPE_MUNICIPALITY], row[0],
		                 values[SCOPE_MUNICIPALITY], count.in_day);
	for (int s = SCOPE_EXPECTED; s < SCOPES && count.as_share > 0; s++)
		if (values[s])
			effect_tally_add(t, to[s], row[0], values[s],
			                 count.as_share);
}

/* An entry counts once, or once for each detail: not its earlier changes of the
 * day, nor what it did before if another change of it waits.  What passed
 * within a day of the beginning of a hold counts as long as that lasts: waiting
 * must not release it. */
static void effect_tally_applied(struct effect_tally *t, bool for_held)
{
	size_t count = 0;
	int64_t now = clock_now();
	int64_t window = t->effect->window;
	int64_t held_since =
	    effect_held_since(t->ev->directory, t->effect->what);
	int64_t since = for_held && held_since > 0 ? held_since : now;
	char ***rows = state_rows(
	    t->ev->arena, &count,
	    "SELECT detail, kind, unit, ou, sum(at > ?3 AND NOT expected),"
	    " sum((at > ?4 OR abs(at - ?6) < ?7) AND NOT expected),"
	    " sum(at > ?4 OR abs(at - ?6) < ?7)"
	    " FROM passed AS p WHERE directory = ?1 AND what = ?2"
	    " AND at > min(?3, ?4, ?6 - ?7) AND NOT EXISTS (SELECT 1 FROM "
	    "suspects AS s"
	    "  WHERE s.directory = ?1 AND s.anchor = p.anchor AND s.what = ?2"
	    "  AND (NOT ?5 OR s.detail = p.detail))"
	    " AND (?5 OR NOT EXISTS (SELECT 1 FROM passed AS q"
	    "  WHERE q.directory = ?1 AND q.anchor = p.anchor AND q.what = ?2"
	    "  AND (q.at, q.detail) > (p.at, p.detail)))"
	    " GROUP BY 1, 2, 3, 4",
	    "tiiiiii", t->ev->directory, (int64_t)t->effect->what, now - window,
	    now - THRESHOLD_DAY, (int64_t)(t->effect->flags & BY_DETAIL), since,
	    (int64_t)THRESHOLD_DAY);

	for (size_t i = 0; i < count; i++) {
		effect_tally_row(
		    t, t->applied, rows[i],
		    (struct row_count){ effect_number(rows[i][4]),
		                        effect_number(rows[i][5]),
		                        effect_number(rows[i][6]) });
	}
}

static bool effect_is_held(char **row)
{
	return row[6] != NULL;
}

static bool effect_is_held_long(char **row)
{
	return text_equal(row[6], "2");
}

/* One row for each entry, or each entry and detail.  Of a source that went
 * back in time, what is taken back counts too. */
static void effect_tally_waiting(struct effect_tally *t)
{
	t->rows = state_rows(
	    t->ev->arena, &t->count,
	    "SELECT anchor, min(detail), kind, unit, ou, max(free <> 4),"
	    " (SELECT CASE WHEN min(h.since) <= ?5 THEN 2 ELSE 1 END"
	    "  FROM held AS h WHERE h.directory = ?1"
	    "  AND h.anchor = suspects.anchor AND h.mask = ?2"
	    "  GROUP BY h.anchor)"
	    " FROM suspects WHERE directory = ?1 AND what = ?2"
	    " AND (free IN (0, 4) OR (free = 1 AND ?4))"
	    " GROUP BY anchor, CASE ?3 WHEN 0 THEN '' ELSE detail END",
	    "tiiii", t->ev->directory, (int64_t)t->effect->what,
	    (int64_t)(t->effect->flags & BY_DETAIL), (int64_t)t->ev->went_back,
	    clock_now() - FRESH_S);
	for (size_t i = 0; i < t->count; i++)
		t->held_count += effect_is_held(t->rows[i]);
}

/* All that waits counts for what is held, so that it stays held; what is held
 * for long does not count for new changes. */
static void effect_tally_rows(struct effect_tally *t, bool for_held)
{
	for (size_t i = 0; i < t->count; i++) {
		int64_t counts = effect_number(t->rows[i][5]);

		if (for_held || !effect_is_held_long(t->rows[i]))
			effect_tally_row(
			    t, t->waiting, t->rows[i] + 1,
			    (struct row_count){ counts, counts, 1 });
	}
}

/* ---- one scope */

static size_t (*const effect_active_in[SCOPES])(
    const struct guard_evaluation *ev, const char *value, size_t bound) = {
	[SCOPE_KIND] = effect_total_in_kind,
	[SCOPE_UNIT] = effect_total_in_unit,
	[SCOPE_OU] = effect_total_in_ou,
};

struct scope_count {
	const char *detail, *value;
	size_t waiting, applied;
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
                                 enum effect_scope scope, const char *detail,
                                 const char *value)
{
	char *key = effect_key(t->ev->arena, t->effect, detail, value);
	const struct scope_count c = {
		.detail = t->effect->flags & BY_DETAIL ? detail : "",
		.value = value,
		.waiting = (size_t)js_number(t->waiting[scope], key, 0),
		.applied = (size_t)js_number(t->applied[scope], key, 0)
	};
	const json_t *decided = json_object_get(t->exceeded[scope], key);

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

static void effect_hold_all(const struct effect_tally *t, const char *reason)
{
	for (size_t i = 0; i < t->count; i++)
		effect_hold(t, t->rows[i][0], reason);
}

static void effect_hold_row(struct effect_tally *t, char **row)
{
	const char *values[SCOPES];

	effect_scope_values(t->ev->arena, row + 1, values);
	for (int s = 0; s < SCOPES; s++) {
		const char *reason =
		    values[s] ? effect_decide(t, (enum effect_scope)s, row[1],
		                              values[s])
			      : NULL;

		if (!reason)
			continue;
		effect_hold(t, row[0], reason);
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

static void effect_count_and_hold(struct effect_tally *t, bool for_held)
{
	struct arena *a = t->ev->arena;

	for (int s = 0; s < SCOPES; s++) {
		t->waiting[s] = js_own(a, json_object());
		t->applied[s] = js_own(a, json_object());
		t->exceeded[s] = js_own(a, json_object());
	}
	effect_tally_rows(t, for_held);
	effect_tally_applied(t, for_held);
	for (size_t i = 0; i < t->count; i++)
		if (effect_is_held(t->rows[i]) == for_held)
			effect_hold_row(t, t->rows[i]);
}

static void effect_evaluate(const struct guard_evaluation *ev,
                            const struct effect_limit *e)
{
	struct arena *a = ev->arena;
	struct effect_tally t = { .ev = ev, .effect = e };

	t.now = clock_format_generalized_time(a, clock_now());
	t.horizon = clock_format_generalized_time(a, clock_now() + MONTH);
	effect_tally_waiting(&t);
	if (t.count == 0 || effect_is_accepted(&t))
		return;
	const char *reason = effect_state_reason(&t);
	if (reason) {
		effect_hold_all(&t, reason);
		return;
	}
	if (t.held_count > 0)
		effect_count_and_hold(&t, true);
	if (t.held_count < t.count)
		effect_count_and_hold(&t, false);
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

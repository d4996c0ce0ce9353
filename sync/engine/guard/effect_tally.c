/* SPDX-License-Identifier: AGPL-3.0-or-later
 * effect_tally.c: counts the changes of one effect in the whole source, and
 * within a day in each municipality, each of its kinds, each unit and each
 * container of the directory.  What takes a recent change back is free by
 * itself, as an undo.  It counts where more changes of the same scope do not,
 * and in a kind, which may have few people, where any does not. */
#include "sync/engine/guard/effect_tally.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/strbuf.h"
#include "sync/engine/guard/change_impact.h"
#include "sync/engine/guard/deactivation_threshold.h"
#include "sync/engine/guard/effect_totals.h"
#include "sync/engine/state/state.h"

enum {
	MONTH = 30 * THRESHOLD_DAY,
	FRESH_S = 12 * 60 * 60, /* what is held longer is no part of the same
	                         * accident */
};

/* ---- rows that wait */

/* One row for each entry, or each entry and detail. */
enum tally_column {
	COLUMN_ANCHOR,
	COLUMN_DETAIL,
	COLUMN_KIND,
	COLUMN_UNIT,
	COLUMN_OU,
	COLUMN_COUNTS,   /* not only as a share */
	COLUMN_IS_BACK,  /* takes back a recent change */
	COLUMN_HELD_FOR, /* 1: held, 2: for long */
};

const char *effect_row_anchor(char **row)
{
	return row[COLUMN_ANCHOR];
}

const char *effect_row_detail(char **row)
{
	return row[COLUMN_DETAIL];
}

bool effect_row_is_back(char **row)
{
	return text_equal(row[COLUMN_IS_BACK], "1");
}

enum effect_group effect_row_group(char **row)
{
	if (row[COLUMN_HELD_FOR])
		return GROUP_HELD;
	return effect_row_is_back(row) ? GROUP_BACK : GROUP_NEW;
}

static void effect_set_scopes(struct arena *a, const char *kind,
                              const char *unit, const char *ou,
                              const char *values[SCOPES])
{
	values[SCOPE_SOURCE] = "";
	values[SCOPE_MUNICIPALITY] =
	    kind ? arena_memdup(a, kind, strcspn(kind, " ")) : NULL;
	values[SCOPE_EXPECTED] = values[SCOPE_MUNICIPALITY];
	values[SCOPE_KIND] = kind;
	values[SCOPE_UNIT] = unit;
	values[SCOPE_OU] = ou;
}

void effect_row_scopes(struct arena *a, char **row, const char *values[SCOPES])
{
	effect_set_scopes(a, row[COLUMN_KIND], row[COLUMN_UNIT], row[COLUMN_OU],
	                  values);
}

/* Of a source that went back in time, what is taken back counts, too. */
struct effect_tally effect_tally_load(const struct guard_evaluation *ev,
                                      const struct effect_limit *effect)
{
	struct arena *a = ev->arena;
	struct effect_tally t = { .ev = ev, .effect = effect };

	t.now = clock_format_generalized_time(a, clock_now());
	t.horizon = clock_format_generalized_time(a, clock_now() + MONTH);
	t.rows = state_rows(
	    a, &t.count,
	    "SELECT anchor, min(detail), kind, unit, ou, max(free <> 4),"
	    " min(free = 1 AND NOT ?4),"
	    " (SELECT CASE WHEN min(h.since) <= ?5 THEN 2 ELSE 1 END"
	    "  FROM held AS h WHERE h.directory = ?1"
	    "  AND h.anchor = suspects.anchor AND h.mask = ?2"
	    "  GROUP BY h.anchor)"
	    " FROM suspects WHERE directory = ?1 AND what = ?2"
	    " AND free IN (0, 1, 4)"
	    " GROUP BY anchor, CASE ?3 WHEN 0 THEN '' ELSE detail END",
	    "tiiii", ev->directory, (int64_t)effect->what,
	    (int64_t)(effect->flags & BY_DETAIL), (int64_t)ev->went_back,
	    clock_now() - FRESH_S);
	return t;
}

/* ---- counting */

static char *effect_key(const struct effect_tally *t, const char *detail,
                        const char *value)
{
	return arena_printf(t->ev->arena, "%s\n%s",
	                    t->effect->flags & BY_DETAIL ? detail : "", value);
}

static void effect_tally_add(const struct effect_tally *t, json_t *to,
                             const char *detail, const char *value,
                             int64_t count)
{
	char *key = effect_key(t, detail, value);

	(void)json_object_set_new(to, key,
	                          json_integer(js_number(to, key, 0) + count));
}

/* Last days further away than the horizon count in their day only, and those
 * that came no longer. */
static bool effect_counts_for_source(const struct effect_tally *t,
                                     const char *detail, bool is_applied)
{
	return t->effect->what != HOLD_END_DATE ||
	       (strcmp(detail, t->horizon) <= 0 &&
	        (!is_applied || strcmp(detail, t->now) >= 0));
}

struct row_count {
	int64_t in_source, in_day, as_share;
};

static void effect_tally_row(const struct effect_tally *t, json_t *const *to,
                             const char *detail,
                             const char *const values[SCOPES],
                             struct row_count count)
{
	if (count.in_source > 0 &&
	    effect_counts_for_source(t, detail, to == t->applied))
		effect_tally_add(t, to[SCOPE_SOURCE], detail, "",
		                 count.in_source);
	if (t->effect->flags & SOURCE_ONLY)
		return;
	if (count.in_day > 0 && values[SCOPE_MUNICIPALITY])
		effect_tally_add(t, to[SCOPE_MUNICIPALITY], detail,
		                 values[SCOPE_MUNICIPALITY], count.in_day);
	for (int s = SCOPE_EXPECTED; s < SCOPES && count.as_share > 0; s++)
		if (values[s])
			effect_tally_add(t, to[s], detail, values[s],
			                 count.as_share);
}

/* An entry counts once, or once for each detail: not its earlier changes of the
 * day, nor what it did before if another change of it waits.  What passed
 * within a day of the beginning of a hold counts as long as that lasts: waiting
 * must not release it. */
static char ***effect_tally_select_applied(const struct effect_tally *t,
                                           bool for_held, size_t *ret_count)
{
	int64_t now = clock_now();
	int64_t held_since =
	    effect_held_since(t->ev->directory, t->effect->what);
	int64_t since = for_held && held_since > 0 ? held_since : now;

	return state_rows(
	    t->ev->arena, ret_count,
	    "SELECT detail, kind, unit, ou, sum(at > ?3 AND free = 0),"
	    " sum((at > ?4 OR abs(at - ?6) < ?7) AND free = 0),"
	    " sum((at > ?4 OR abs(at - ?6) < ?7) AND free <> 1),"
	    " sum((at > ?4 OR abs(at - ?6) < ?7) AND free = 1)"
	    " FROM passed AS p WHERE directory = ?1 AND what = ?2"
	    " AND at > min(?3, ?4, ?6 - ?7) AND NOT EXISTS (SELECT 1 FROM "
	    "suspects AS s"
	    "  WHERE s.directory = ?1 AND s.anchor = p.anchor AND s.what = ?2"
	    "  AND (NOT ?5 OR s.detail = p.detail))"
	    " AND (?5 OR NOT EXISTS (SELECT 1 FROM passed AS q"
	    "  WHERE q.directory = ?1 AND q.anchor = p.anchor AND q.what = ?2"
	    "  AND q.free <> 1 AND (q.at, q.detail) > (p.at, p.detail)))"
	    " GROUP BY 1, 2, 3, 4",
	    "tiiiiii", t->ev->directory, (int64_t)t->effect->what,
	    now - t->effect->window, now - THRESHOLD_DAY,
	    (int64_t)(t->effect->flags & BY_DETAIL), since,
	    (int64_t)THRESHOLD_DAY);
}

static void effect_tally_applied(struct effect_tally *t, bool for_held)
{
	size_t count = 0;
	char ***rows = effect_tally_select_applied(t, for_held, &count);

	for (size_t i = 0; i < count; i++) {
		char **row = rows[i];
		int64_t back = effect_number(row[7]);
		const char *values[SCOPES];

		effect_set_scopes(t->ev->arena, row[1], row[2], row[3], values);
		effect_tally_row(t, t->applied, row[0], values,
		                 (struct row_count){ effect_number(row[4]),
		                                     effect_number(row[5]),
		                                     effect_number(row[6]) });
		effect_tally_row(t, t->back, row[0], values,
		                 (struct row_count){ back, back, back });
	}
}

static bool effect_row_counts_for(char **row, enum effect_group group)
{
	if (group == GROUP_BACK)
		return !row[COLUMN_HELD_FOR];
	return group == GROUP_HELD || !text_equal(row[COLUMN_HELD_FOR], "2");
}

static void effect_tally_waiting(struct effect_tally *t,
                                 enum effect_group group)
{
	for (size_t i = 0; i < t->count; i++) {
		char **row = t->rows[i];
		int64_t counts = effect_number(row[COLUMN_COUNTS]);
		const char *values[SCOPES];

		if (!effect_row_counts_for(row, group))
			continue;
		effect_row_scopes(t->ev->arena, row, values);
		effect_tally_row(t,
		                 effect_row_is_back(row) ? t->back : t->waiting,
		                 row[COLUMN_DETAIL], values,
		                 (struct row_count){ counts, counts, 1 });
	}
}

void effect_tally_count(struct effect_tally *t, enum effect_group group)
{
	struct arena *a = t->ev->arena;

	for (int s = 0; s < SCOPES; s++) {
		t->waiting[s] = js_own(a, json_object());
		t->applied[s] = js_own(a, json_object());
		t->back[s] = js_own(a, json_object());
		t->exceeded[s] = js_own(a, json_object());
	}
	effect_tally_waiting(t, group);
	effect_tally_applied(t, group == GROUP_HELD);
}

struct scope_count effect_tally_scope(const struct effect_tally *t,
                                      enum effect_scope scope,
                                      const char *detail, const char *value,
                                      const char **ret_key)
{
	const char *key = effect_key(t, detail, value);
	size_t back = (size_t)js_number(t->back[scope], key, 0);
	struct scope_count c = {
		.detail = t->effect->flags & BY_DETAIL ? detail : "",
		.value = value,
		.waiting = (size_t)js_number(t->waiting[scope], key, 0),
		.applied = (size_t)js_number(t->applied[scope], key, 0),
	};

	c.counts_taken_back =
	    back < c.waiting + c.applied ||
	    (scope == SCOPE_KIND && c.waiting + c.applied > 0);
	if (c.counts_taken_back)
		c.waiting += back;
	*ret_key = key;
	return c;
}

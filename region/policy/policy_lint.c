/* SPDX-License-Identifier: AGPL-3.0-or-later
 * policy_lint.c: findings about valid rules. Two rules are compared by their
 * text, two conditions by name and arguments. */
#include "region/policy/policy_lint.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/strbuf.h"

struct policy_linter {
	struct arena *arena;
	int64_t now;
	const struct policy_rule *rule;
	void (*note)(void *data, const struct source_location *at,
	             const char *text);
	void *data;
};

static void lint_note(const struct policy_linter *l, const char *text)
{
	l->note(l->data, &l->rule->location, text);
}

/* ---- one rule */

static bool has_passed(const struct policy_linter *l, const struct condition *c)
{
	int64_t end;

	return text_equal(c->name, "until") && c->count == 1 &&
	       clock_parse_local(c->arguments[0], true, &end) && end <= l->now;
}

static bool conditions_are_equal(const struct condition *x,
                                 const struct condition *y)
{
	bool same = text_equal(x->name, y->name) && x->count == y->count;

	for (size_t i = 0; same && i < x->count; i++)
		same = text_equal(x->arguments[i], y->arguments[i]);
	return same;
}

/* Since a time, and until one that is not later. */
static bool times_exclude(const struct condition *since,
                          const struct condition *until)
{
	int64_t from, to;

	return text_equal(since->name, "since") &&
	       text_equal(until->name, "until") && since->count == 1 &&
	       until->count == 1 && !since->is_negated && !until->is_negated &&
	       clock_parse_local(since->arguments[0], false, &from) &&
	       clock_parse_local(until->arguments[0], true, &to) && to <= from;
}

static bool days_exclude(const struct condition *x, const struct condition *y)
{
	return text_equal(x->name, "on") && text_equal(y->name, "on") &&
	       x->count == 1 && y->count == 1 && !x->is_negated &&
	       !y->is_negated && !strchr(x->arguments[0], '-') &&
	       !strchr(y->arguments[0], '-') &&
	       !text_equal(x->arguments[0], y->arguments[0]);
}

static void lint_pair(const struct policy_linter *l, const struct condition *x,
                      const struct condition *y)
{
	bool negated =
	    conditions_are_equal(x, y) && x->is_negated != y->is_negated;

	if (x->is_exception != y->is_exception)
		return;
	if (x->alternative == y->alternative) {
		if (negated || times_exclude(x, y) || times_exclude(y, x) ||
		    days_exclude(x, y))
			lint_note(
			    l, arena_printf(l->arena,
			                    "%s and %s can never both be met",
			                    x->name, y->name));
		return;
	}
	if (negated)
		lint_note(l, arena_printf(l->arena,
		                          "one of %s and not %s is always met",
		                          x->name, x->name));
}

static void lint_conditions(const struct policy_linter *l)
{
	const struct policy_rule *rule = l->rule;

	for (size_t i = 0; i < rule->condition_count; i++) {
		const struct condition *c = &rule->conditions[i];

		if (has_passed(l, c))
			lint_note(l, arena_printf(l->arena, "%s %s has passed",
			                          c->name, c->arguments[0]));
		for (size_t k = i + 1; k < rule->condition_count; k++)
			lint_pair(l, c, &rule->conditions[k]);
	}
}

/* ---- two rules */

/* Returns the text without "not" after "may". */
static const char *rule_positive_text(struct arena *a,
                                      const struct policy_rule *rule)
{
	static const char denial[] = " may not enter ";
	const char *at = strstr(rule->text, denial);

	if (!rule->is_deny || !at)
		return rule->text;
	return arena_printf(a, "%.*s may enter %s", (int)(at - rule->text),
	                    rule->text, at + strlen(denial));
}

static void lint_against(const struct policy_linter *l,
                         const struct policy_rule *earlier)
{
	if (text_equal(l->rule->text, earlier->text))
		lint_note(l,
		          arena_printf(l->arena, "the same rule is in line %d",
		                       earlier->location.line));
	else if (l->rule->is_deny != earlier->is_deny &&
	         text_equal(rule_positive_text(l->arena, l->rule),
	                    rule_positive_text(l->arena, earlier)))
		lint_note(l,
		          arena_printf(l->arena,
		                       "line %d has the opposite; \"may not\" "
		                       "overrides \"may\"",
		                       earlier->location.line));
}

void policy_lint(struct arena *a, const struct config *cfg, int64_t now,
                 void (*note)(void *data, const struct source_location *at,
                              const char *text),
                 void *data)
{
	struct policy_linter l = {
		.arena = a, .now = now, .note = note, .data = data
	};

	for (size_t m = 0; m < cfg->municipality_count; m++) {
		const struct municipality *one = &cfg->municipalities[m];

		for (size_t i = 0; i < one->rule_count; i++) {
			l.rule = &one->rules[i];
			lint_conditions(&l);
			for (size_t k = 0; k < i; k++)
				lint_against(&l, &one->rules[k]);
		}
	}
	for (size_t i = 0; i < cfg->maintenance_count; i++)
		if (cfg->maintenance[i].until <= now)
			note(data, &cfg->maintenance[i].location,
			     "this maintenance has passed");
}

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * policy_explain.c: formats a policy decision for operators and for audit
 * events. */
#include <string.h>

#include "lib/strbuf.h"
#include "region/policy/policy_context.h"
#include "region/policy/policy_evaluate.h"

/* Returns the path relative to the directory of the main configuration file. */
static const char *location_short_file(const struct config *cfg,
                                       const char *file)
{
	const char *slash = strrchr(cfg->file, '/');
	size_t folder = slash ? (size_t)(slash - cfg->file) + 1 : 0;

	return strncmp(file, cfg->file, folder) == 0 ? file + folder : file;
}

/* Returns the result of a rule's conditions as text. */
static const char *rule_result_text(const struct rule_result *f)
{
	static const char *const outcomes[] = {
		[PORTVAKT_DENY] = "does not match",
		[PORTVAKT_PERMIT] = "matches",
		[PORTVAKT_STEP_UP] = "requires",
		[PORTVAKT_ERROR] = "no verdict from",
	};

	return outcomes[f->value.verdict];
}

/* Returns the condition that determined the result, as it stands in the rule.
 */
static const char *rule_condition_text(struct arena *a,
                                       const struct rule_result *f)
{
	const struct condition *c = f->value.condition;

	if (!c)
		return "";
	return arena_printf(a, "%s%s%s", c->is_exception ? "unless " : "",
	                    c->is_negated ? "not " : "", c->name);
}

static void policy_explain_rule(struct strbuf *out, const struct config *cfg,
                                const struct rule_result *f)
{
	strbuf_appendf(out, "%s %s:%d: %s: %s", f->is_deciding ? "*" : " ",
	               location_short_file(cfg, f->rule->location.file),
	               f->rule->location.line, f->rule->text,
	               rule_result_text(f));
	if (f->value.verdict == PORTVAKT_DENY)
		strbuf_appendf(out, ": %s", rule_condition_text(out->arena, f));
	else if (f->value.verdict != PORTVAKT_PERMIT)
		strbuf_appendf(out, " %s", rule_condition_text(out->arena, f));
	strbuf_append(out, "\n");
}

static void policy_explain_trial(struct strbuf *out, const struct config *cfg,
                                 const struct trial_result *t)
{
	strbuf_appendf(out, "  %s:%d: %s: %s\n",
	               location_short_file(cfg, t->rule->location.file),
	               t->rule->location.line, t->rule->text,
	               t->changes ? "would change the decision"
	                          : "would not change the decision");
}

char *policy_explain(struct arena *a, const struct config *cfg,
                     const struct policy_decision *d)
{
	struct strbuf out = strbuf_init(a);

	for (size_t i = 0; i < d->result_count; i++)
		policy_explain_rule(&out, cfg, &d->results[i]);
	for (size_t i = 0; i < d->trial_count; i++)
		policy_explain_trial(&out, cfg, &d->trials[i]);
	if (d->maintenance)
		strbuf_appendf(&out, "* %s:%d: closed for maintenance\n",
		               location_short_file(cfg, d->location.file),
		               d->location.line);
	if (!d->location.file)
		strbuf_append(&out, "  no rule allows access\n");
	for (const char *const *p = d->plugins; p && *p; p++)
		strbuf_appendf(&out, "  asked plugin %s\n", *p);
	return out.data;
}

/* Returns the last two components of the path. */
static const char *path_tail(const char *file)
{
	const char *tail = file + strlen(file);

	for (int slashes = 0; tail > file; tail--)
		if (tail[-1] == '/' && ++slashes == 2)
			break;
	return tail;
}

static json_t *location_to_json(const struct source_location *p)
{
	return json_sprintf("%s:%d", path_tail(p->file), p->line);
}

static json_t *rule_result_to_json(const struct rule_result *f)
{
	json_t *to = json_object();

	(void)json_object_set_new(to, "at",
	                          location_to_json(&f->rule->location));
	js_set_string(to, "verdict", plugin_verdict_name(f->value.verdict));
	js_set_string(to, "condition",
	              f->value.condition ? f->value.condition->name : NULL);
	return to;
}

static const char *policy_verdict_name(enum policy_verdict v)
{
	static const char *const names[] = {
		[POLICY_DENY] = "refuse",
		[POLICY_STEP_UP] = "step-up",
		[POLICY_ALLOW] = "allow",
	};

	return names[v];
}

json_t *policy_trials_to_json(const struct policy_decision *d)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->trial_count; i++) {
		const struct trial_result *t = &d->trials[i];
		json_t *to = json_object();

		(void)json_object_set_new(to, "at",
		                          location_to_json(&t->rule->location));
		js_set_string(to, "verdict", policy_verdict_name(t->verdict));
		js_set_string(to, "reason", t->reason);
		(void)json_object_set_new(to, "changes",
		                          json_boolean(t->changes));
		(void)json_array_append_new(list, to);
	}
	return list;
}

/* Rule results are omitted when allowed: grants are frequent, and the deciding
 * rule is sufficient. */
json_t *policy_decision_to_json(const struct policy_decision *d)
{
	json_t *to = json_object(), *list = json_array();

	js_set_string(to, "verdict", policy_verdict_name(d->verdict));
	js_set_string(to, "reason", d->reason);
	if (d->location.file)
		(void)json_object_set_new(to, "at",
		                          location_to_json(&d->location));
	for (size_t i = 0; d->verdict != POLICY_ALLOW && i < d->result_count;
	     i++)
		(void)json_array_append_new(
		    list, rule_result_to_json(&d->results[i]));
	if (json_array_size(list) > 0)
		(void)json_object_set(to, "clauses", list);
	json_decref(list);
	return to;
}

json_t *policy_plugins_to_json(const struct policy_decision *d)
{
	json_t *list = json_array();

	for (const char *const *p = d->plugins; p && *p; p++)
		(void)json_array_append_new(list, json_string(*p));
	return list;
}

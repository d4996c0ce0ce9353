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

	return outcomes[f->verdict];
}

static void policy_explain_rule(struct strbuf *out, const struct config *cfg,
                                const struct rule_result *f)
{
	strbuf_appendf(out, "%s %s:%d: %s: %s", f->is_deciding ? "*" : " ",
	               location_short_file(cfg, f->rule->location.file),
	               f->rule->location.line, f->rule->text,
	               rule_result_text(f));
	if (f->verdict == PORTVAKT_DENY)
		strbuf_appendf(out, ": %s", f->condition);
	else if (f->verdict != PORTVAKT_PERMIT)
		strbuf_appendf(out, " %s", f->condition);
	strbuf_append(out, "\n");
}

char *policy_explain(struct arena *a, const struct config *cfg,
                     const struct policy_decision *d)
{
	struct strbuf out = strbuf_init(a);

	for (size_t i = 0; i < d->result_count; i++)
		policy_explain_rule(&out, cfg, &d->results[i]);
	if (!d->location.file)
		strbuf_append(&out, "  no rule allows access\n");
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
	js_set_string(to, "verdict", plugin_verdict_name(f->verdict));
	js_set_string(to, "condition", f->condition);
	return to;
}

/* Rule results are omitted when allowed: grants are frequent, and the deciding
 * rule is sufficient. */
json_t *policy_decision_to_json(const struct policy_decision *d)
{
	static const char *const verdict_names[] = {
		[POLICY_DENY] = "refuse",
		[POLICY_STEP_UP] = "step-up",
		[POLICY_ALLOW] = "allow",
	};
	json_t *to = json_object(), *list = json_array();

	js_set_string(to, "verdict", verdict_names[d->verdict]);
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

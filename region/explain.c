/* SPDX-License-Identifier: AGPL-3.0-or-later
 * policy_explain.c: formats a policy decision for operators and for audit
 * events. */
#include <string.h>

#include "lib/text.h"
#include "region/decide.h"
#include "region/facts.h"

/* Returns the path relative to the directory of the main configuration file. */
static const char *short_file(const struct region *r, const char *file)
{
	const char *slash = strrchr(r->file, '/');
	size_t folder = slash ? (size_t)(slash - r->file) + 1 : 0;

	return strncmp(file, r->file, folder) == 0 ? file + folder : file;
}

/* Returns the result of a rule's conditions as text. */
static const char *outcome(const struct finding *f)
{
	static const char *const outcomes[] = {
		[PORTVAKT_DENY] = "does not hold",
		[PORTVAKT_PERMIT] = "holds",
		[PORTVAKT_STEP_UP] = "holds once proved by",
		[PORTVAKT_ERROR] = "no answer from",
	};

	return outcomes[f->verdict];
}

static void explain(struct text *out, const struct region *r,
                    const struct finding *f)
{
	text_addf(out, "%s %s:%d: %s: %s", f->decided ? "*" : " ",
	          short_file(r, f->clause->place.file), f->clause->place.line,
	          f->clause->text, outcome(f));
	if (f->verdict == PORTVAKT_DENY)
		text_addf(out, ": %s", f->word);
	else if (f->verdict != PORTVAKT_PERMIT)
		text_addf(out, " %s", f->word);
	text_add(out, "\n");
}

char *decision_explained(struct arena *a, const struct region *r,
                         const struct decision *d)
{
	struct text out = text_in(a);

	for (size_t i = 0; i < d->finding_count; i++)
		explain(&out, r, &d->findings[i]);
	if (!d->place.file)
		text_add(&out, "  no rule says yes\n");
	return out.at;
}

/* Returns the last two components of the path. */
static const char *tail_of(const char *file)
{
	const char *tail = file + strlen(file);

	for (int slashes = 0; tail > file; tail--)
		if (tail[-1] == '/' && ++slashes == 2)
			break;
	return tail;
}

static json_t *place_to_json(const struct place *p)
{
	return json_sprintf("%s:%d", tail_of(p->file), p->line);
}

static json_t *finding_to_json(const struct finding *f)
{
	json_t *to = json_object();

	(void)json_object_set_new(to, "at", place_to_json(&f->clause->place));
	js_put(to, "verdict", verdict_name(f->verdict));
	js_put(to, "word", f->word);
	return to;
}

/* Rule results are omitted when allowed: grants are frequent, and the deciding
 * rule is sufficient. */
json_t *decision_to_json(const struct decision *d)
{
	static const char *const words[] = {
		[REFUSE] = "refuse",
		[STEP_UP] = "step-up",
		[ALLOW] = "allow",
	};
	json_t *to = json_object(), *list = json_array();

	js_put(to, "verdict", words[d->verdict]);
	js_put(to, "reason", d->reason);
	if (d->place.file)
		(void)json_object_set_new(to, "at", place_to_json(&d->place));
	for (size_t i = 0; d->verdict != ALLOW && i < d->finding_count; i++)
		(void)json_array_append_new(list,
		                            finding_to_json(&d->findings[i]));
	if (json_array_size(list) > 0)
		(void)json_object_set(to, "clauses", list);
	json_decref(list);
	return to;
}

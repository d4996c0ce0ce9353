/* SPDX-License-Identifier: AGPL-3.0-or-later
 * plan_line.c: the steps of a plan as lines for operators. */
#include "lib/strbuf.h"
#include "sync/engine/catalogue/entry_json.h"
#include "sync/engine/provision/reconcile_plan.h"

char *plan_step_line(struct arena *a, const struct plan_step *s)
{
	static const char *const verbs[] = { [STEP_ADD] = "add",
		                             [STEP_CHANGE] = "change",
		                             [STEP_REMOVE] = "remove" };
	const char *what = s->is_person ? "person" : "affiliation";
	char *names = NULL;
	size_t count = 0;

	if (s->kind == STEP_CHANGE)
		(void)entry_json_diff(a, s->before, s->after, &count, &names);
	if (s->is_person)
		return arena_printf(a, "%s %s %s %s", verbs[s->kind], what,
		                    s->id, names ? names : "");
	return arena_printf(a, "%s %s %s of %s from %s:%s %s", verbs[s->kind],
	                    what, s->id, s->person, s->directory, s->anchor,
	                    names ? names : "");
}

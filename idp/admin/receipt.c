/* SPDX-License-Identifier: AGPL-3.0-or-later
 * audit_show.c: prints the audit event of a receipt code. */
#include "idp/admin/admin.h"

#include "lib/text.h"

static void say_member(const struct act *t, const char *name,
                       const json_t *value)
{
	answer_line(t->question, "%-12s %s", name,
	            json_string_value(value) ?: js_write(t->arena, value));
}

static void say_finding(const struct act *t, const json_t *finding)
{
	answer_line(t->question, "  %s", js_write(t->arena, finding));
}

bool admin_receipt(const struct act *t, struct fault *why)
{
	json_t *question = js_keep(t->arena, json_object());
	json_t *answer = NULL, *value = NULL;
	const char *conf = arena_print(t->arena, "%.16s", t->region->hash);
	const char *name = NULL;

	if (t->count < 2)
		return fault(why, FAULT_INVALID, "receipt CODE");
	js_put(question, "code", t->words[1]);
	if (!ask(clerk.scribe, t->arena, ASK_FIND, conf, question, &answer,
	         why))
		return false;
	json_t *receipt = js_object(answer, "receipt");

	if (!receipt)
		return fault(why, FAULT_INVALID, "no receipt has the code %s",
		             t->words[1]);
	json_object_foreach(receipt, name, value)
	{
		size_t i;
		json_t *finding;

		if (!json_is_array(value)) {
			say_member(t, name, value);
			continue;
		}
		answer_line(t->question, "%s", name);
		json_array_foreach(value, i, finding) say_finding(t, finding);
	}
	return true;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * import.c: the receiving end: an issuer's salt goes to the keeper before
 * anybody of it is here.  The catalogue is loaded by root, with what
 * portvaktctl import wrote; no program of ours could put in a person. */
#include "idp/admin/leaving.h"

#include "lib/text.h"

static bool note_one(void *with, const struct directory_entry *e,
                     struct fault *why)
{
	bool *some = with;

	(void)e, (void)why;
	*some = true;
	return true;
}

/* Whoever was synchronised before has another id by now. */
static bool is_empty(const struct act *t, struct fault *why)
{
	static const char *const nothing[] = { "1.1", NULL };
	struct directory *d = NULL;
	bool some = false;

	if (!act_catalogue(t, &d, why) ||
	    !directory_each(d,
	                    arena_print(t->arena, "ou=people,%s",
	                                t->region->catalogue.base),
	                    SCOPE_ONE, "(objectClass=*)", nothing, note_one,
	                    &some, why))
		return false;
	return !some || fault(why, FAULT_INVALID,
	                      "there are people in the catalogue already: an "
	                      "import comes before the first synchronisation");
}

bool admin_import(const struct act *t, struct fault *why)
{
	json_t *question = js_keep(t->arena, json_object());
	json_t *answer;
	const struct municipality *m =
	    t->count > 2 ? region_municipality(t->region, t->words[1]) : NULL;

	if (!m || !m->issuer)
		return fault(why, FAULT_INVALID,
		             "no municipality of that name has an issuer here");
	js_put(question, "issuer", m->issuer->name);
	js_put(question, "sealed", t->words[2]);
	if (!act_is_signed(t, why) || !is_empty(t, why) ||
	    !act_record(t, NULL, NULL, why))
		return false;
	return ask(clerk.keeper, t->arena, ASK_TAKE_IN, t->region->hash,
	           question, &answer, why);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * import_person.c: imports an issuer's sealed salt into the signer before its
 * people are loaded. Root loads the catalogue from the output of `portvaktctl
 * import`; portvakt-admin has no right to add people. */
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

/* On error ERROR_INVALID: people who were synchronised earlier have other ids,
 * so an import requires an empty ou=people. */
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

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * secrets.c: a national number goes to sync's keeper and comes back as what
 * may be compared and what may be stored; it goes nowhere else. */
#include "sync/reader/reader.h"

static bool ask_one(struct reader *r, const struct region *region,
                    struct arena *a, enum kind_of_question kind,
                    const char *number, const char *name, json_t *entry,
                    struct fault *why)
{
	json_t *question = js_keep(a, json_pack("{s:s}", "national", number));
	json_t *answer = NULL;

	if (!ask(r->keeper, a, kind, region->hash, question, &answer, why))
		return false;
	if (!js_string(answer, name))
		return fault(why, FAULT_UNAVAILABLE, "the keeper gave no %s",
		             name);
	js_put(entry, name, js_string(answer, name));
	return true;
}

bool secrets_add(struct reader *r, const struct region *region, struct arena *a,
                 const char *number, json_t *entry, struct fault *why)
{
	return ask_one(r, region, a, ASK_JOIN, number, "join", entry, why) &&
	       ask_one(r, region, a, ASK_SEAL, number, "sealed", entry, why);
}

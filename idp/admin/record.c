/* SPDX-License-Identifier: AGPL-3.0-or-later
 * audit_verify.c: has portvakt-audit verify its log against the heads that
 * portvakt-signer signed. No other process may read the log. */
#include "idp/admin/admin.h"

#include "lib/text.h"

enum { READING_MS = 60 * 1000 };

static bool verify_one(const struct act *t, struct ask *scribe,
                       const char *municipality)
{
	json_t *question = js_keep(t->arena, json_object());
	json_t *answer = NULL;
	struct fault why = { 0 };

	js_put(question, "municipality", municipality);
	if (!ask(scribe, t->arena, ASK_VERIFY, t->region->hash, question,
	         &answer, &why)) {
		answer_line(t->question, "%-14s WRONG: %s", municipality,
		            why.text);
		return false;
	}
	answer_line(t->question,
	            "%-14s whole: %lld files, %lld lines, %lld signed heads, "
	            "%lld lines since the last",
	            municipality, js_number(answer, "files", 0),
	            js_number(answer, "lines", 0),
	            js_number(answer, "heads", 0),
	            js_number(answer, "unsigned", 0));
	return true;
}

static bool verify_all(const struct act *t, struct ask *scribe)
{
	bool good = verify_one(t, scribe, "region");

	for (size_t i = 0; i < t->region->municipality_count; i++)
		if (!verify_one(t, scribe, t->region->municipalities[i].name))
			good = false;
	return good;
}

bool admin_record(const struct act *t, struct fault *why)
{
	const char *only = t->count > 2 ? t->words[2] : NULL;

	if (t->count < 2 || !text_equal(t->words[1], "verify"))
		return fault(why, FAULT_INVALID,
		             "record verify [MUNICIPALITY]");
	if (only && !text_equal(only, "region") &&
	    !region_municipality(t->region, only))
		return fault(why, FAULT_INVALID, "no municipality is called %s",
		             only);
	struct ask *scribe =
	    ask_open(arena_print(t->arena, "%s/scribe.sock", t->region->run), 1,
	             READING_MS);
	bool good = only ? verify_one(t, scribe, only) : verify_all(t, scribe);

	ask_close(scribe);
	return good ||
	       fault(why, FAULT_REFUSED, "the record is not what was written");
}

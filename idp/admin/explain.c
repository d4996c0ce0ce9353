/* SPDX-License-Identifier: AGPL-3.0-or-later
 * explain.c: evaluates the access policy for a person and a service as at
 * login, for a given time, address and listener, and prints the rules that
 * decided. */
#include "idp/admin/admin.h"

#include "lib/clock.h"
#include "lib/text.h"

static bool read_circumstance(const struct act *t, const char *service,
                              struct circumstance *ret, struct fault *why)
{
	const char *at = act_option(t, "at");

	*ret = (struct circumstance){
		.service = service,
		.address = act_option(t, "from") ?: "",
		.listener = act_option(t, "listener") ?: "",
		.acr = "idporten-loa-low",
		.now = clock_now(),
	};
	if (at && !clock_from_iso(at, &ret->now))
		return fault(why, FAULT_INVALID,
		             "--at wants 2026-11-21T23:05:00Z, not %s", at);
	return true;
}

static const char *const verdict_names[] = {
	[REFUSE] = "REFUSED",
	[STEP_UP] = "NEEDS A SECOND FACTOR",
	[ALLOW] = "ALLOWED",
};

static void explain_one(const struct act *t, const struct person *p,
                        const struct affiliation *f,
                        const struct circumstance *c)
{
	struct decision d = { 0 };
	struct judges judges =
	    judges_by_socket(t->arena, clerk.judges, t->region);

	decide(t->arena, t->region, p, f, c, &judges, &d);
	answer_line(t->question, "as %s in %s (%s): %s%s%s", kind_name(f->kind),
	            f->municipality, f->id, verdict_names[d.verdict],
	            d.reason ? ", " : "", d.reason ?: "");
	char *rest = decision_explained(t->arena, t->region, &d);
	size_t count = 0;
	char **lines = text_split(t->arena, rest, "\n", &count);

	for (size_t i = 0; i < count; i++)
		answer_line(t->question, "  %s", lines[i]);
}

static bool known_service(const struct region *r, const char *name)
{
	return text_equal(name, "portal") || region_service(r, name);
}

bool admin_explain(const struct act *t, struct fault *why)
{
	const struct person *p = NULL;
	struct circumstance c = { 0 };

	if (t->count < 3)
		return fault(why, FAULT_INVALID, "explain PERSON SERVICE");
	if (!known_service(t->region, t->words[2]))
		return fault(why, FAULT_INVALID, "no service is called %s",
		             t->words[2]);
	if (!read_circumstance(t, t->words[2], &c, why) ||
	    !act_person(t, t->words[1], &p, why))
		return false;
	for (size_t i = 0; i < p->affiliation_count; i++) {
		const struct affiliation *f = &p->affiliations[i];

		if (affiliation_counts(f, c.now))
			explain_one(t, p, f, &c);
		else
			answer_line(t->question,
			            "as %s in %s (%s): does not count now",
			            kind_name(f->kind), f->municipality, f->id);
	}
	if (p->affiliation_count == 0)
		answer_line(t->question, "no affiliation at all");
	return true;
}

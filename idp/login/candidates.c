/* SPDX-License-Identifier: AGPL-3.0-or-later
 * candidates.c: as whom a person may enter a service.  Each affiliation is
 * judged by its own municipality's rules; nobody asks the other's. */
#include <string.h>

#include "idp/login/step.h"
#include "lib/clock.h"
#include "lib/list.h"
#include "lib/text.h"

static bool has_ended(struct visit *v, const struct session *s,
                      const struct affiliation *f, bool *ret, struct fault *why)
{
	struct ended e;

	*ret = false;
	/* That one was looked at with the session. */
	if (text_equal(f->id, s->proved_by))
		return true;
	if (!store_ended(v->staff->store, v->region, NULL, f->id,
	                 f->municipality, &e, why))
		return false;
	*ret = e.affiliation >= s->proved_at || e.municipality >= s->proved_at;
	return true;
}

static void judge(struct visit *v, const struct session *s,
                  const struct service *service, struct candidate *one)
{
	const struct circumstance c = {
		.service = service ? service->name : "portal",
		.address = v->request->address,
		.listener = v->request->listener,
		.acr = s->acr,
		.second_factor = s->second_factor,
		.now = clock_now(),
	};
	struct judges judges =
	    judges_by_socket(v->arena, v->staff->judges, v->region);

	decide(v->arena, v->region, s->person, one->affiliation, &c, &judges,
	       &one->decision);
}

bool candidates_find(struct visit *v, const struct session *s,
                     const struct service *service, struct candidates *ret,
                     struct fault *why)
{
	LIST(struct candidate) found = { 0 };
	size_t allowed = 0;
	bool ended;

	for (size_t i = 0; i < s->person->affiliation_count; i++) {
		const struct affiliation *f = &s->person->affiliations[i];

		if (!affiliation_counts(f, clock_now()))
			continue;
		if (!has_ended(v, s, f, &ended, why))
			return false;
		if (ended)
			continue;
		struct candidate *one = list_add(v->arena, &found);

		one->affiliation = f;
		judge(v, s, service, one);
		allowed += one->decision.verdict == ALLOW;
	}
	*ret = (struct candidates){ found.at, found.count, allowed };
	return true;
}

const struct candidate *candidates_allowed(const struct candidates *c,
                                           const char *id)
{
	if (!id && c->allowed != 1)
		return NULL;
	for (size_t i = 0; i < c->count; i++)
		if (c->at[i].decision.verdict == ALLOW &&
		    (!id || text_equal(c->at[i].affiliation->id, id)))
			return &c->at[i];
	return NULL;
}

const struct candidate *candidates_refused(const struct candidates *c,
                                           const char *proved_by)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->at[i].decision.verdict == STEP_UP)
			return &c->at[i];
	for (size_t i = 0; i < c->count; i++)
		if (text_equal(c->at[i].affiliation->id, proved_by))
			return &c->at[i];
	return c->count > 0 ? &c->at[0] : NULL;
}

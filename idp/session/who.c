/* SPDX-License-Identifier: AGPL-3.0-or-later
 * eligible_affiliations.c: the affiliations a person can log in with.  The
 * policy of its own municipality, and no other, applies to each. */
#include "idp/session/who.h"

#include "lib/clock.h"
#include "lib/list.h"
#include "lib/text.h"

static bool has_ended(struct visit *v, const struct session *s,
                      const struct affiliation *f, bool *ret, struct fault *why)
{
	struct ended e;

	*ret = false;
	/* session_find has checked this one. */
	if (text_equal(f->id, s->proved_by))
		return true;
	if (!store_ended(v->staff->store, v->region, NULL, f->id,
	                 f->municipality, &e, why))
		return false;
	*ret = e.affiliation >= s->proved_at || e.municipality >= s->proved_at;
	return true;
}

bool who_counts(struct visit *v, const struct session *s,
                const struct affiliation ***ret_list, size_t *ret_count,
                struct fault *why)
{
	LIST(const struct affiliation *) found = { 0 };
	bool ended;

	for (size_t i = 0; i < s->person->affiliation_count; i++) {
		const struct affiliation *f = &s->person->affiliations[i];

		if (!affiliation_counts(f, clock_now()))
			continue;
		if (!has_ended(v, s, f, &ended, why))
			return false;
		if (!ended)
			*list_add(v->arena, &found) = f;
	}
	*ret_list = found.at;
	*ret_count = found.count;
	return true;
}

void who_judge(struct visit *v, const struct session *s,
               const struct service *service, const struct affiliation *f,
               struct decision *ret)
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

	decide(v->arena, v->region, s->person, f, &c, &judges, ret);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * candidates.c: the affiliations a person can log in to a service with. */
#include "idp/login/step.h"
#include "idp/session/who.h"
#include "lib/text.h"

bool candidates_find(struct visit *v, const struct session *s,
                     const struct service *service, struct candidates *ret,
                     struct fault *why)
{
	const struct affiliation **list;
	size_t count;

	if (!who_counts(v, s, &list, &count, why))
		return false;
	*ret = (struct candidates){
		.at = arena_array(v->arena, struct candidate, count + 1),
		.count = count,
	};
	for (size_t i = 0; i < count; i++) {
		ret->at[i].affiliation = list[i];
		who_judge(v, s, service, list[i], &ret->at[i].decision);
		ret->allowed += ret->at[i].decision.verdict == ALLOW;
	}
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

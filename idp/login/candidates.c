/* SPDX-License-Identifier: AGPL-3.0-or-later
 * candidates.c: the affiliations a person can log in to a service with. */
#include "idp/login/login_private.h"
#include "idp/session/eligible_affiliations.h"
#include "lib/strbuf.h"

bool candidates_find(struct request_context *ctx, const struct session *s,
                     const struct service *service, struct candidates *ret,
                     struct error *err)
{
	const struct affiliation **list;
	size_t count;

	if (!affiliations_active(ctx, s, &list, &count, err))
		return false;
	*ret = (struct candidates){
		.at = arena_array(ctx->arena, struct candidate, count + 1),
		.count = count,
	};
	for (size_t i = 0; i < count; i++) {
		ret->at[i].affiliation = list[i];
		affiliation_authorize(ctx, s, service, list[i],
		                      &ret->at[i].decision);
		ret->allowed += ret->at[i].decision.verdict == POLICY_ALLOW;
	}
	return true;
}

const struct candidate *candidates_allowed(const struct candidates *c,
                                           const char *id)
{
	if (!id && c->allowed != 1)
		return NULL;
	for (size_t i = 0; i < c->count; i++)
		if (c->at[i].decision.verdict == POLICY_ALLOW &&
		    (!id || text_equal(c->at[i].affiliation->id, id)))
			return &c->at[i];
	return NULL;
}

const struct candidate *candidates_refused(const struct candidates *c,
                                           const char *authenticated_by)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->at[i].decision.verdict == POLICY_STEP_UP)
			return &c->at[i];
	for (size_t i = 0; i < c->count; i++)
		if (text_equal(c->at[i].affiliation->id, authenticated_by))
			return &c->at[i];
	return c->count > 0 ? &c->at[0] : NULL;
}

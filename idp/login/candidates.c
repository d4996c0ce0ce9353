/* SPDX-License-Identifier: AGPL-3.0-or-later
 * candidates.c: the affiliations a person can log in to a service with. */
#include "idp/login/login_private.h"
#include "lib/clock.h"
#include "lib/strbuf.h"

/* Logins before this do not count for the request. */
static int64_t candidates_not_before(const struct auth_txn *txn)
{
	int64_t since = txn->max_age < 0 ? 0 : clock_now() - txn->max_age;

	return since > txn->not_before ? since : txn->not_before;
}

static void candidates_add_provable(struct request_context *ctx,
                                    const struct session *s,
                                    const struct service *service,
                                    const struct affiliation *f,
                                    struct candidates *all)
{
	struct policy_decision d;

	affiliation_authorize(ctx, s, service, f, &d);
	if (d.verdict == POLICY_ALLOW &&
	    !unproved_is_listed(all->provable, all->provable_count, f))
		all->provable[all->provable_count++] = f;
}

bool candidates_find(struct request_context *ctx, const struct session *s,
                     const struct auth_txn *txn, struct candidates *ret,
                     struct error *err)
{
	struct eligible_affiliations list;

	if (!affiliations_active(ctx, s, candidates_not_before(txn), &list,
	                         err))
		return false;
	*ret = (struct candidates){
		.at = arena_array(ctx->arena, struct candidate, list.count + 1),
		.count = list.count,
		.provable = arena_array(ctx->arena, const struct affiliation *,
		                        list.unproved_count + 1),
	};
	for (size_t i = 0; i < list.count; i++) {
		struct candidate *c = &ret->at[i];

		c->affiliation = list.at[i].affiliation;
		c->by = list.at[i].by;
		affiliation_authorize(ctx, s, txn->service, c->affiliation,
		                      &c->decision);
		ret->allowed += c->decision.verdict == POLICY_ALLOW;
	}
	for (size_t i = 0; i < list.unproved_count; i++)
		candidates_add_provable(ctx, s, txn->service, list.unproved[i],
		                        ret);
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

bool candidates_is_distinct(const struct candidates *c, const char *id)
{
	const struct candidate *one = id ? candidates_allowed(c, id) : NULL;
	size_t count = 0;

	for (size_t i = 0; one && i < c->count; i++)
		count += c->at[i].decision.verdict == POLICY_ALLOW &&
		         unproved_is_listed(&c->at[i].affiliation, 1,
		                            one->affiliation);
	return count == 1;
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

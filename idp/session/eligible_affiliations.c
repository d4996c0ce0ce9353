/* SPDX-License-Identifier: AGPL-3.0-or-later
 * eligible_affiliations.c: the affiliations a person can log in with.  The
 * policy of its own municipality, and no other, applies to each. */
#include "idp/session/eligible_affiliations.h"

#include "lib/clock.h"
#include "lib/strbuf.h"
#include "lib/vector.h"

static bool affiliation_is_revoked(struct request_context *ctx,
                                   const struct session *s,
                                   const struct affiliation *f, bool *ret,
                                   struct error *err)
{
	struct revoked_at revoked;

	*ret = false;
	/* session_find has checked this one. */
	if (text_equal(f->id, s->authenticated_by))
		return true;
	if (!store_get_revoked_at(ctx->backends->store, ctx->cfg, NULL, f->id,
	                          f->municipality, &revoked, err))
		return false;
	*ret = revoked.affiliation >= s->auth_time ||
	       revoked.municipality >= s->auth_time;
	return true;
}

bool affiliations_active(struct request_context *ctx, const struct session *s,
                         const struct affiliation ***ret_affiliations,
                         size_t *ret_count, struct error *err)
{
	VECTOR(const struct affiliation *) found = { 0 };
	bool revoked;

	for (size_t i = 0; i < s->person->affiliation_count; i++) {
		const struct affiliation *f = &s->person->affiliations[i];

		if (!affiliation_is_valid_at(f, clock_now()))
			continue;
		if (!affiliation_is_revoked(ctx, s, f, &revoked, err))
			return false;
		if (!revoked)
			*vector_append(ctx->arena, &found) = f;
	}
	*ret_affiliations = found.at;
	*ret_count = found.count;
	return true;
}

void affiliation_authorize(struct request_context *ctx, const struct session *s,
                           const struct service *service,
                           const struct affiliation *f,
                           struct policy_decision *ret)
{
	const struct policy_request c = {
		.service = service ? service->name : "portal",
		.address = ctx->request->address,
		.listener = ctx->request->listener,
		.acr = s->acr,
		.second_factor = s->second_factor,
		.now = clock_now(),
	};
	struct plugin_evaluator hosts = plugin_host_evaluator(
	    ctx->arena, ctx->backends->plugin_hosts, ctx->cfg);

	policy_evaluate(ctx->arena, ctx->cfg, s->person, f, &c, &hosts, ret);
}

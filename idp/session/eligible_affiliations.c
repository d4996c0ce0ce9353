/* SPDX-License-Identifier: AGPL-3.0-or-later
 * eligible_affiliations.c: the affiliations a person can log in with, as far as
 * the logins of the session prove them.  The policy of its own municipality,
 * and no other, applies to each. */
#include "idp/session/eligible_affiliations.h"

#include "lib/clock.h"
#include "lib/strbuf.h"
#include "lib/vector.h"

static bool affiliation_is_revoked(struct request_context *ctx,
                                   const char *affiliation,
                                   const char *municipality, int64_t since,
                                   bool *ret, struct error *err)
{
	struct revoked_at revoked;

	*ret = false;
	if (!store_get_revoked_at(ctx->backends->store, ctx->cfg, NULL,
	                          affiliation, municipality, &revoked, err))
		return false;
	*ret = revoked.affiliation >= since || revoked.municipality >= since;
	return true;
}

/* Sets the session's proofs to those that are not revoked.  session_find has
 * checked the latest login, so a session with one login needs no lookup. */
static bool proofs_remove_revoked(struct request_context *ctx,
                                  struct session *s, struct error *err)
{
	struct proof *kept =
	    arena_array(ctx->arena, struct proof, s->proof_count + 1);
	size_t count = 0;

	for (size_t i = 0; i < s->proof_count; i++) {
		const struct proof *p = &s->proofs[i];
		bool revoked = false;

		if (!text_equal(p->affiliation, s->authenticated_by) &&
		    !affiliation_is_revoked(ctx, p->affiliation,
		                            p->municipality, p->at, &revoked,
		                            err))
			return false;
		if (!revoked)
			kept[count++] = *p;
	}
	s->proofs = kept;
	s->proof_count = count;
	return true;
}

/* A proof of its own was checked with the session's proofs. */
static bool covered_is_revoked(struct request_context *ctx,
                               const struct eligible_affiliation *e, bool *ret,
                               struct error *err)
{
	*ret = false;
	return text_equal(e->by.proof->affiliation, e->affiliation->id) ||
	       affiliation_is_revoked(ctx, e->affiliation->id,
	                              e->affiliation->municipality,
	                              e->by.proof->at, ret, err);
}

bool affiliations_active(struct request_context *ctx, const struct session *s,
                         int64_t not_before, struct eligible_affiliations *ret,
                         struct error *err)
{
	VECTOR(struct eligible_affiliation) covered = { 0 };
	VECTOR(const struct affiliation *) unproved = { 0 };
	struct session *live = arena_new(ctx->arena, struct session);
	bool revoked;

	*live = *s;
	if (!proofs_remove_revoked(ctx, live, err))
		return false;
	for (size_t i = 0; i < s->person->affiliation_count; i++) {
		const struct affiliation *f = &s->person->affiliations[i];
		const struct eligible_affiliation e = {
			f, proof_covering(ctx->cfg, live, f, not_before)
		};

		if (!affiliation_is_valid_at(f, clock_now()))
			continue;
		if (!e.by.proof) {
			if (proof_may_be_offered(live, f, not_before))
				*vector_append(ctx->arena, &unproved) = f;
			continue;
		}
		if (!covered_is_revoked(ctx, &e, &revoked, err))
			return false;
		if (!revoked)
			*vector_append(ctx->arena, &covered) = e;
	}
	*ret = (struct eligible_affiliations){ covered.at, covered.count,
		                               unproved.at, unproved.count };
	return true;
}

bool unproved_is_listed(const struct affiliation *const *list, size_t count,
                        const struct affiliation *f)
{
	for (size_t i = 0; i < count; i++)
		if (list[i]->kind == f->kind &&
		    text_equal(list[i]->municipality, f->municipality))
			return true;
	return false;
}

const struct audit_proof *proof_cover_audit(struct arena *a,
                                            const struct proof_cover *by)
{
	const struct proof *p = by->proof;
	struct audit_proof *proof;

	if (!p)
		return NULL;
	proof = arena_new(a, struct audit_proof);
	*proof = (struct audit_proof){
		.affiliation = p->affiliation,
		.directory = p->directory,
		.municipality = p->municipality,
		.method = p->method,
		.link = by->link,
	};
	return proof;
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

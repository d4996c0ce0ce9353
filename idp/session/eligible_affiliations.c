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

/* The lists while they are collected. */
struct eligible_builder {
	struct request_context *ctx;
	const struct session *live; /* with the proofs that are not revoked */
	int64_t not_before;
	VECTOR(struct eligible_affiliation) covered;
	VECTOR(const struct affiliation *) unproved;
};

/* The session's person was read from the catalogue at auth_time. */
static bool eligible_add_unproved(struct eligible_builder *b,
                                  const struct affiliation *f,
                                  struct error *err)
{
	bool revoked;

	if (!proof_may_be_offered(b->live, f, b->not_before))
		return true;
	if (!affiliation_is_revoked(b->ctx, f->id, f->municipality,
	                            b->live->auth_time, &revoked, err))
		return false;
	if (!revoked)
		*vector_append(b->ctx->arena, &b->unproved) = f;
	return true;
}

static bool eligible_add(struct eligible_builder *b,
                         const struct affiliation *f, struct error *err)
{
	const struct eligible_affiliation e = {
		f, proof_covering(b->ctx->cfg, b->live, f, b->not_before)
	};
	bool revoked = false;

	if (!e.by.proof)
		return eligible_add_unproved(b, f, err);
	/* An affiliation's own proof was checked with the proofs. */
	if (!text_equal(e.by.proof->affiliation, f->id) &&
	    !affiliation_is_revoked(b->ctx, f->id, f->municipality,
	                            e.by.proof->at, &revoked, err))
		return false;
	if (!revoked)
		*vector_append(b->ctx->arena, &b->covered) = e;
	return true;
}

bool affiliations_active(struct request_context *ctx, const struct session *s,
                         int64_t not_before, struct eligible_affiliations *ret,
                         struct error *err)
{
	struct session *live = arena_new(ctx->arena, struct session);
	struct eligible_builder b = { .ctx = ctx,
		                      .live = live,
		                      .not_before = not_before };

	*live = *s;
	if (!proofs_remove_revoked(ctx, live, err))
		return false;
	for (size_t i = 0; i < s->person->affiliation_count; i++) {
		const struct affiliation *f = &s->person->affiliations[i];

		if (affiliation_is_valid_at(f, clock_now()) &&
		    !eligible_add(&b, f, err))
			return false;
	}
	*ret =
	    (struct eligible_affiliations){ b.covered.at, b.covered.count,
		                            b.unproved.at, b.unproved.count };
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

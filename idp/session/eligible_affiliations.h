/* SPDX-License-Identifier: AGPL-3.0-or-later
 * eligible_affiliations.h: the active affiliations of a person, those that the
 * session may act in, and the policy decision for each. */
#ifndef IDP_SESSION_ELIGIBLE_AFFILIATIONS_H
#define IDP_SESSION_ELIGIBLE_AFFILIATIONS_H

#include "idp/session/session.h"

struct eligible_affiliation {
	const struct affiliation *affiliation;
	struct proof_cover by;
};

/* The affiliations of a person that are active now. */
struct eligible_affiliations {
	struct eligible_affiliation *at; /* those the session may act in */
	size_t count;
	/* those that the person may prove, by a login of their own */
	const struct affiliation **unproved;
	size_t unproved_count;
};

/* Returns them, allocated in ctx->arena; an affiliation that was revoked since
 * the proof that covers it, or since the latest login, is left out.  Proofs
 * before not_before (0: any) do not count.  Error: UNAVAILABLE. */
bool affiliations_active(struct request_context *ctx, const struct session *s,
                         int64_t not_before, struct eligible_affiliations *ret,
                         struct error *err) must_check;

/* Returns whether the list has an affiliation of the municipality and kind of
 * f: before f is proved, only these are shown of it. */
bool unproved_is_listed(const struct affiliation *const *list, size_t count,
                        const struct affiliation *f);

/* Returns the proof as audit events state it; NULL if none covers. */
const struct audit_proof *proof_cover_audit(struct arena *a,
                                            const struct proof_cover *by);

/* Evaluates the policy for this request.  service NULL: the portal. */
void affiliation_authorize(struct request_context *ctx, const struct session *s,
                           const struct service *service,
                           const struct affiliation *f,
                           struct policy_decision *ret);

#endif

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * eligible_affiliations.h: the active affiliations of a person, and the policy
 * decision for each. */
#ifndef IDP_SESSION_ELIGIBLE_AFFILIATIONS_H
#define IDP_SESSION_ELIGIBLE_AFFILIATIONS_H

#include "idp/session/session.h"

/* Returns the affiliations that are active now and not revoked since the
 * authentication, allocated in ctx->arena.  Error: UNAVAILABLE. */
bool affiliations_active(struct request_context *ctx, const struct session *s,
                         const struct affiliation ***ret_affiliations,
                         size_t *ret_count, struct error *err) must_check;

/* Evaluates the policy for this request.  service NULL: the portal. */
void affiliation_authorize(struct request_context *ctx, const struct session *s,
                           const struct service *service,
                           const struct affiliation *f,
                           struct policy_decision *ret);

#endif

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * eligible_affiliations.h: the active affiliations of a person, and the policy
 * decision for each. */
#ifndef IDP_SESSION_WHO_H
#define IDP_SESSION_WHO_H

#include "idp/session/session.h"

/* Returns the affiliations that are active now and not revoked since the
 * authentication, allocated in ctx->arena.  Error: UNAVAILABLE. */
bool who_counts(struct visit *v, const struct session *s,
                const struct affiliation ***ret_list, size_t *ret_count,
                struct fault *why) must_check;

/* Evaluates the policy for this request.  service NULL: the portal. */
void who_judge(struct visit *v, const struct session *s,
               const struct service *service, const struct affiliation *f,
               struct decision *ret);

#endif

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * who.h: as whom the person of a session may come: which affiliations count at
 * this moment, and what their municipality's rules say of each. */
#ifndef IDP_SESSION_WHO_H
#define IDP_SESSION_WHO_H

#include "idp/session/session.h"

/* Those that count now and have not ended since the proof. */
bool who_counts(struct visit *v, const struct session *s,
                const struct affiliation ***ret_list, size_t *ret_count,
                struct fault *why) must_check;

/* By the facts of this visit.  service NULL: the portal. */
void who_judge(struct visit *v, const struct session *s,
               const struct service *service, const struct affiliation *f,
               struct decision *ret);

#endif

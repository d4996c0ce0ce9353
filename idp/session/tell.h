/* SPDX-License-Identifier: AGPL-3.0-or-later
 * logout_dispatch.h: notifies all participants of a session in parallel, with a
 * limit on the time the browser waits. */
#ifndef IDP_SESSION_TELL_H
#define IDP_SESSION_TELL_H

#include "idp/front.h"

struct telling {
	struct part part;
	enum told how; /* LOGOUT_FAILED where not done in time */
	const char *address; /* for LOGOUT_FRONT_CHANNEL */
};

/* Returns the result for each participant, in their order, allocated in
 * ctx->arena.  Waits at most 1 s; late notifications continue in the
 * background.  relay_state: parameter of protocol->notify_logout. */
struct telling *leave_tell_all(struct visit *v, const struct session *s,
                               const struct part *parts, size_t count,
                               const char *leave);

#endif

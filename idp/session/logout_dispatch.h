/* SPDX-License-Identifier: AGPL-3.0-or-later
 * logout_dispatch.h: notifies all participants of a session in parallel, with a
 * limit on the time the browser waits. */
#ifndef IDP_SESSION_LOGOUT_DISPATCH_H
#define IDP_SESSION_LOGOUT_DISPATCH_H

#include "idp/protocol.h"

struct logout_notification {
	struct session_participant participant;
	enum logout_status status; /* LOGOUT_FAILED where not done in time */
	const char *redirect_url;  /* for LOGOUT_FRONT_CHANNEL */
};

/* Returns the result for each participant, in their order, allocated in
 * ctx->arena.  Waits at most 1 s; late notifications continue in the
 * background.  relay_state: parameter of protocol->notify_logout. */
struct logout_notification *logout_notify_all(
    struct request_context *ctx, const struct session *s,
    const struct session_participant *participants, size_t count,
    const char *relay_state);

#endif

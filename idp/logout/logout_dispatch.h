/* SPDX-License-Identifier: AGPL-3.0-or-later
 * logout_dispatch.h: notifies all participants of sessions that ended while a
 * person waits for the page: in parallel, with a limit on that time. */
#ifndef IDP_LOGOUT_LOGOUT_DISPATCH_H
#define IDP_LOGOUT_LOGOUT_DISPATCH_H

#include "idp/logout/logout_delivery.h"

struct logout_notification {
	struct session_participant participant;
	enum logout_status status; /* LOGOUT_FAILED where not done in time */
	const char *redirect_url;  /* for LOGOUT_BY_BROWSER */
	bool retried;              /* for LOGOUT_FAILED: it is notified again */
};

/* Returns the result for each participant of the sessions, in their order,
 * allocated in ctx->arena, and their number.  Waits at most 1 s; late
 * notifications continue in the background, and failed ones are repeated by
 * logout_worker.h.  relay_state: parameter of protocol->notify_logout. */
struct logout_notification *logout_notify_all(struct request_context *ctx,
                                              const struct ended_session *ended,
                                              size_t ended_count,
                                              const char *relay_state,
                                              size_t *ret_count);

/* Returns {service: status}, for the audit log. */
json_t *logout_notification_results(
    struct arena *a, const struct logout_notification *notifications,
    size_t count);

#endif

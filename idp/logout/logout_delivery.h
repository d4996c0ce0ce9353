/* SPDX-License-Identifier: AGPL-3.0-or-later
 * logout_delivery.h: notifies one participant of an ended session, and records
 * the result in Redis: done, or when to try again. */
#ifndef IDP_LOGOUT_LOGOUT_DELIVERY_H
#define IDP_LOGOUT_LOGOUT_DELIVERY_H

#include "idp/protocol.h"
#include "idp/session/session_end.h"

/* Returns the name of a status in Redis and in the audit log; the reverse,
 * LOGOUT_FAILED for an unknown name. */
const char *logout_status_name(enum logout_status status);
enum logout_status logout_status_parse(const char *name);

/* Returns when a notification that failed age_s after the end of the session is
 * due again: after as many seconds, but at least 10 and at most 900. */
int64_t logout_retry_delay_s(int64_t age_s);

/* Notifies the participant of the notice once, by its protocol, and records the
 * result: age_s after the end of the session, whose key is hex.  Returns the
 * status; *ret_url as protocol->notify_logout. */
enum logout_status logout_deliver(struct request_context *ctx, const char *hex,
                                  const struct logout_notice *notice,
                                  int64_t age_s, const char **ret_url);

/* Records the final status of a participant that needs no attempt: the
 * initiator, or one that the browser has visited. */
void logout_record(struct request_context *ctx, const char *hex,
                   const struct session_participant *p,
                   enum logout_status status);

/* Records a failed attempt at a service that did not respond a moment ago,
 * without one. */
void logout_record_failed(struct request_context *ctx, const char *hex,
                          const struct session_participant *p, int64_t age_s);

/* Returns a context for work without a request: neither request nor response.
 * a owns it and a reference to cfg. */
struct request_context *background_context(struct arena *a,
                                           const struct config *cfg,
                                           const struct web_backends *backends);

#endif

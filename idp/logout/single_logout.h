/* SPDX-License-Identifier: AGPL-3.0-or-later
 * single_logout.h: single logout.  Deletes the session first, then notifies
 * each participant, then reports the result of each. */
#ifndef IDP_LOGOUT_SINGLE_LOGOUT_H
#define IDP_LOGOUT_SINGLE_LOGOUT_H

#include "idp/logout/logout_report.h"

/* Deletes s and notifies the participants.  protocol and request: the
 * initiator and its parameter for protocol->complete_logout, or NULL where the
 * person logs out here.  initiator: the service that requested it and is not
 * notified, or NULL.  Fills the response: a redirect to the next service, the
 * initiator's response, or the page.  s NULL: it has ended before, or there was
 * none; then those that may still be open are notified. */
void logout_start(struct request_context *ctx, const struct session *s,
                  const char *protocol, json_t *request, const char *initiator);

/* Logs out of these services before the person goes on.  Then complete_logout
 * of protocol "portal" continues with the request.  Fills the response; returns
 * false without one where all are done and the page is not required. */
struct logout_continuation {
	enum logout_kind kind;
	const struct open_participants *open;
	json_t *request;
	bool page_required;
};
bool logout_before_continuing(struct request_context *ctx,
                              const struct logout_continuation *logout);

/* Handles the response of a front-channel participant: relay_state is the
 * secret of the logout transaction, service the sender, success its status. */
void logout_continue(struct request_context *ctx, const char *relay_state,
                     const char *service, bool success);

/* GET /logout?done=SECRET, after the result page: responds to the
 * initiator. */
void logout_finish(struct request_context *ctx, const char *secret);

#endif

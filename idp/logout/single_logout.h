/* SPDX-License-Identifier: AGPL-3.0-or-later
 * single_logout.h: single logout.  Deletes the session first, then notifies
 * each participant, then reports the result of each. */
#ifndef IDP_LOGOUT_SINGLE_LOGOUT_H
#define IDP_LOGOUT_SINGLE_LOGOUT_H

#include "idp/protocol.h"
#include "idp/session/session_end.h"

/* The result page: each service and the status of its notification. */
struct logout_result {
	const char *service; /* display name */
	enum logout_status status;
	bool pending; /* the browser has still to visit it */
	bool retried; /* of a failed one: it is notified again */
};
enum logout_kind {
	LOGOUT_OWN = 0,     /* the person logs out */
	LOGOUT_PREVIOUS,    /* previous_person.h */
	LOGOUT_ROLE_CHANGE, /* role_change.h */
};
struct logout_report {
	enum logout_kind kind;
	const struct logout_result *results;
	size_t count;
	size_t sessions; /* remote_logout.h: how many ended */
	bool all_done;
	const char *next_url;     /* where the browser goes next, or NULL */
	const char *next_service; /* its service; NULL: the initiator */
	const char *receipt_code; /* of the receipt, or NULL */
};

/* Deletes s and notifies the participants.  protocol and request: the
 * initiator and its parameter for protocol->complete_logout, or NULL where the
 * person logs out here.  initiator: the service that requested it and is not
 * notified, or NULL.  Fills the response: a redirect to the next service, the
 * initiator's response, or the page.  s NULL: there was no session. */
void logout_start(struct request_context *ctx, const struct session *s,
                  const char *protocol, json_t *request, const char *initiator);

/* The participants of a past session that may still be open. */
struct open_participants {
	struct ended_session askable; /* can be notified, again */
	/* Those that the browser was sent to and has not returned from: it is
	 * not sent there a second time. */
	struct session_participant *visited;
	size_t visited_count;
};

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

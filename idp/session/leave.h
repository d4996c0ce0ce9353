/* SPDX-License-Identifier: AGPL-3.0-or-later
 * single_logout.h: single logout.  Deletes the session first, then notifies
 * each participant, then reports the result of each. */
#ifndef IDP_SESSION_LEAVE_H
#define IDP_SESSION_LEAVE_H

#include "idp/front.h"

/* The result page: each service and the status of its notification. */
struct leave_row {
	const char *service; /* display name */
	enum told how;
	bool waiting; /* the browser has still to visit it */
};
struct leave_report {
	const struct leave_row *rows;
	size_t count;
	bool all_told;
	const char *next;      /* where the browser goes next, or NULL */
	const char *next_name; /* its service; NULL: the initiator */
	const char *code;      /* of the receipt, or NULL */
};

/* Deletes s and notifies the participants.  protocol and request: the
 * initiator and its parameter for protocol->complete_logout, or NULL where the
 * person logs out here.  initiator: the service that requested it and is not
 * notified, or NULL.  Fills the response: a redirect to the next service, the
 * initiator's response, or the page.  s NULL: there was no session. */
void leave_begin(struct visit *v, const struct session *s, const char *front,
                 json_t *request, const char *by);

/* Handles the response of a front-channel participant: relay_state is the
 * secret of the logout transaction, service the sender, success its status. */
void leave_go_on(struct visit *v, const char *leave, const char *service,
                 bool well);

/* GET /logout?done=SECRET, after the result page: responds to the
 * initiator. */
void leave_finish(struct visit *v, const char *walk);

#endif

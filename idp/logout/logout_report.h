/* SPDX-License-Identifier: AGPL-3.0-or-later
 * logout_report.h: what became of the services of a session that ended, and
 * which of them may still be open. */
#ifndef IDP_LOGOUT_LOGOUT_REPORT_H
#define IDP_LOGOUT_LOGOUT_REPORT_H

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
	LOGOUT_ROLE_CHANGE, /* of one service, which opens with another role */
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

/* The participants of a past session that may still be open. */
struct open_participants {
	struct ended_session askable; /* can be notified, again */
	/* Those that the browser was sent to and has not returned from: it is
	 * not sent there a second time. */
	struct session_participant *visited;
	size_t visited_count;
};

#endif

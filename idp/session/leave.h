/* SPDX-License-Identifier: AGPL-3.0-or-later
 * leave.h: a logout that tells the truth.  The session ends first; then each
 * participant is told; then the page says what became of each. */
#ifndef IDP_SESSION_LEAVE_H
#define IDP_SESSION_LEAVE_H

#include "idp/front.h"

/* What the page says: each service and what became of telling it. */
struct leave_row {
	const char *service; /* as people call it */
	enum told how;
	bool waiting; /* the browser is on its way there, or will be */
};
struct leave_report {
	const struct leave_row *rows;
	size_t count;
	bool all_told;
	const char *next;      /* where the browser goes from here, or NULL */
	const char *next_name; /* the service there; NULL: whoever asked */
	const char *code;      /* the receipt's, or NULL */
};

/* Ends s and begins telling.  front and request: who asked for it and its own
 * words for front->left; NULL for the person's own wish.  by: the service that
 * asked and so need not be told, or NULL.  Fills the answer: the next service
 * to go to, the asker's answer, or the page.  s NULL: there was no session. */
void leave_begin(struct visit *v, const struct session *s, const char *front,
                 json_t *request, const char *by);

/* The browser is back from a participant: leave names the walk (RelayState),
 * service who answered, well whether it said yes. */
void leave_go_on(struct visit *v, const char *leave, const char *service,
                 bool well);

/* GET /logout?done=WALK: the person has read the page; whoever asked for the
 * logout gets its answer. */
void leave_finish(struct visit *v, const char *walk);

#endif

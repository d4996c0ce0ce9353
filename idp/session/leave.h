/* SPDX-License-Identifier: AGPL-3.0-or-later
 * leave.h: a logout that tells the truth.  The session ends first; then each
 * participant is told; then the page says what became of each. */
#ifndef IDP_SESSION_LEAVE_H
#define IDP_SESSION_LEAVE_H

#include "idp/front.h"

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

#endif

/* SPDX-License-Identifier: AGPL-3.0-or-later
 * own.h: a person's own sessions, wherever they are. */
#ifndef IDP_SESSION_OWN_H
#define IDP_SESSION_OWN_H

#include "idp/session/session.h"

struct own_session {
	const char *hex; /* SHA-256 of its secret: names it, opens nothing */
	const struct session *session; /* without secret */
};

/* Those of s's person that are not over, s itself among them. */
bool own_sessions(struct visit *v, const struct session *s,
                  struct own_session **ret_sessions, size_t *ret_count,
                  struct fault *why) must_check;

/* Ends the one called hex, or all but s where hex is NULL.  One that is not
 * this person's is INVALID, reason "not-found". */
bool own_sessions_end(struct visit *v, const struct session *s, const char *hex,
                      struct fault *why) must_check;

/* Ends all of another person's: whose password is new is known anew. */
bool own_sessions_end_of(struct visit *v, const struct person *p,
                         struct fault *why) must_check;

#endif
